import { emptyPointer } from '@tenon/domain';
import type { LedgerCounts, Pointer } from '@tenon/domain';
import { EMPTY_LEDGER } from '@tenon/domain';
import type { ProductView } from '@tenon/views';
import { layoutOf } from '@tenon/views';
import { Envelopes } from './envelope';

const LAYOUT = layoutOf(
  {
    ...{ v: 1, product: 'visits', version: 3, source: 'clicks', topology: 'lambda' },
    ...{ retentionMicros: null, description: null, sql: '', hash: 'h1', columns: [], measures: [] },
    ...{ key: [], window: null, states: [{ kind: 'count' }] },
    engine: { columns: [], partial: '', rows: null, finalize: null },
  },
  [{ name: 'clicks', partitions: 2 }],
);
const ledger = (counts: Partial<LedgerCounts>): LedgerCounts => ({ ...EMPTY_LEDGER, ...counts });

/** Cut at 10 and 5; the first lane has landed up to 16 since. */
function viewOf(cut: Partial<LedgerCounts>, open: Partial<LedgerCounts>): ProductView {
  const pointer: Pointer = {
    ...emptyPointer('h1'),
    ...{ generation: 1, cut: { 'clicks/0': 10, 'clicks/1': 5 }, epochs: { 'clicks/0': 1, 'clicks/1': 1 } },
    ledger: ledger(cut),
  };
  const lane = (partition: number, included: number, epochs: number[]) => ({
    lane: { source: 'clicks', partition },
    number: partition,
    reach: { included, epochs, gap: false },
    progress: epochs.map((epoch) => ({ epoch, ledger: ledger(open) })),
  });
  const lanes = new Map([
    ['clicks/0', lane(0, 16, [1])],
    ['clicks/1', lane(1, 5, [])],
  ]);
  return { base: { pointer }, speed: { lanes, troubles: [] } } as unknown as ProductView;
}

const END = { 'clicks/0': 16, 'clicks/1': 5 };
const troublesOf = (view: ProductView, layer: 'merged' | 'batch') => {
  const { envelope } = new Envelopes(LAYOUT, 10).say(view, layer, [], END, 0);
  return {
    status: envelope.status,
    codes: (envelope.troubles ?? []).map(({ code, reason }) => [code, reason]),
  };
};

test('a ledger that closes says nothing, in either view', () => {
  const view = viewOf(
    { aggregated: 9, duplicate: 2, filtered: 1, control: 2, expired: 1 },
    { aggregated: 6 },
  );
  for (const layer of ['merged', 'batch'] as const) expect(troublesOf(view, layer).codes).toEqual([]);
});

test.each([
  ['fewer', 5, '1 of 21 offsets are no record that visits v3 knows of'],
  ['more', 8, 'visits v3 accounts for 2 records more than the 21 that it includes'],
])('one that accounts for %s records than there are makes the answer incomplete', (_, aggregated, reason) => {
  const view = viewOf({ aggregated: 15 }, { aggregated });
  expect(troublesOf(view, 'merged')).toEqual({
    status: 'incomplete',
    codes: [['ledger-open', expect.stringContaining(reason)]],
  });
  expect(troublesOf(view, 'batch').codes).toEqual([]);
});

test('a trouble has begun when it was first seen, until it is over', () => {
  const envelopes = new Envelopes(LAYOUT, 10);
  const closes = { aggregated: 15 };
  const sinceOf = (at: number, aggregated: number) =>
    (envelopes.say(viewOf(closes, { aggregated }), 'merged', [], END, at).envelope.troubles ?? []).map(
      ({ since }) => Date.parse(since),
    );
  expect([sinceOf(1000, 5), sinceOf(2000, 4), sinceOf(3000, 6), sinceOf(4000, 5)]).toEqual([
    [1000],
    [1000],
    [],
    [4000],
  ]);
});
