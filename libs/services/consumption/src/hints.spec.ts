import { SUBJECTS } from '@tenon/contracts';
import type { Lane } from '@tenon/domain';
import { Hints } from './hints';
import type { LandedFlushes } from './landing/flushes';
import { HINT_CELLS } from './landing/flushes';
import type { Fixture } from './testing/consumption-fixture';
import { fixture } from './testing/consumption-fixture';
import { PRODUCT, pointerOf } from './testing/sales';

let deps: Fixture;
let hints: Hints;
let alsoAsked: (readonly Lane[])[];
beforeEach(() => {
  deps = fixture();
  alsoAsked = [];
  hints = new Hints(deps, PRODUCT, (lanes) => alsoAsked.push(lanes));
});

const landed = (fields: Partial<LandedFlushes> = {}): LandedFlushes => ({
  ...{ cells: [], covers: {}, gaps: new Set<string>(), replayed: new Set<string>(), closed: false },
  ...{ counts: { applied: 1, stale: 0, gap: 0 }, ...fields },
});

const live = () => deps.bus.on(SUBJECTS.live(PRODUCT));
const replays = () => deps.bus.on(SUBJECTS.replay(PRODUCT));

test('cells that changed are named once each, with the offsets that changed them', () => {
  hints.landed(landed({ cells: ['a', 'b', 'a'], covers: { 'orders/0': [3, 9] } }), undefined);
  expect(live()).toEqual([{ v: 2, cells: ['a', 'b'], covers: { 'orders/0': [3, 9] } }]);
});

test('too many to name: any may have changed', () => {
  const cells = Array.from({ length: HINT_CELLS + 1 }, (_, i) => `c${i}`);
  hints.landed(landed({ cells: cells.slice(1), covers: {} }), undefined);
  hints.landed(landed({ cells, covers: { 'orders/0': [3, 9] } }), undefined);
  expect(live()).toMatchObject([{ cells: cells.slice(1) }, { cells: null, covers: { 'orders/0': [3, 9] } }]);
});

test('names that would not fit into a message of NATS are too many', () => {
  const cells = Array.from({ length: 400 }, (_, i) => `${i}`.padEnd(1500, 'k'));
  hints.landed(landed({ cells, covers: {} }), undefined);
  hints.landed(landed({ cells: cells.slice(0, 300), covers: {} }), undefined);
  expect(live()).toMatchObject([{ cells: null }, { cells: cells.slice(0, 300) }]);
});

test('flushes that changed no cell are told for their offsets, those that did not land are not told at all', () => {
  hints.landed(landed({ covers: { 'orders/0': [3, 4] } }), undefined);
  hints.landed(landed({ counts: { applied: 0, stale: 3, gap: 0 } }), undefined);
  expect(live()).toEqual([{ v: 2, cells: [], covers: { 'orders/0': [3, 4] } }]);
});

test('a generation that is served is told to those who wait for it, and to those who look at cells', () => {
  hints.served(pointerOf({ generation: 4, line: 1 }), undefined);
  expect(deps.bus.on(SUBJECTS.generation(PRODUCT))).toEqual([{ v: 1, generation: 4, line: 1 }]);
  expect(live()).toEqual([{ v: 2, cells: null }]);
});

test('a gap has its lanes replayed, and for a while no other request follows: each flush shows it until then', async () => {
  const gap = landed({ gaps: new Set(['orders/0', 'orders/1']), counts: { applied: 0, stale: 0, gap: 2 } });
  const both = [
    { v: 2, source: 'orders', partition: 0 },
    { v: 2, source: 'orders', partition: 1 },
  ];
  hints.landed(gap, undefined);
  hints.landed(gap, undefined);
  await deps.clock.advance(2000);
  hints.landed(gap, undefined);
  expect(replays()).toEqual(both);
  await deps.clock.advance(1);
  hints.landed(gap, undefined);
  expect(replays()).toEqual([...both, ...both]);
});

test('a replay that the watch wants is asked for whatever was asked before; none is none', () => {
  const lane: Lane = { source: 'orders', partition: 1 };
  hints.askForReplay([lane]);
  hints.askForReplay([lane]);
  hints.askForReplay([]);
  expect(replays()).toHaveLength(2);
  expect(deps.lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
});

test('what a span causes carries its context, if it is recorded anywhere', () => {
  const span = (sampled: boolean) => ({
    ...{ traceparent: '00-a-b-01', sampled },
    ...{ set: () => undefined, fail: () => undefined, end: () => undefined },
  });
  hints.landed(landed(), span(true));
  hints.landed(landed(), span(false));
  hints.served(pointerOf(), span(true));
  expect(deps.bus.published.map(({ headers }) => headers?.traceparent)).toEqual([
    '00-a-b-01',
    undefined,
    '00-a-b-01',
    '00-a-b-01',
  ]);
});

test('whoever else may have the lanes is asked as well', () => {
  const lanes = [{ source: 'orders', partition: 1 }];
  hints.askForReplay(lanes);
  expect(alsoAsked).toEqual([lanes]);
});
