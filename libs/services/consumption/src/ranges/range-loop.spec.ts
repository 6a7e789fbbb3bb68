import { STORE_KEYS, TOPICS, encodeMessage } from '@tenon/contracts';
import type { Pointer } from '@tenon/domain';
import type { ConsumptionConfig } from '../deps';
import type { Fixture } from '../testing/consumption-fixture';
import { appendRanges, fixture } from '../testing/consumption-fixture';
import { settle, until } from '../testing/manual-clock';
import {
  LAYOUT,
  PRODUCT,
  cells,
  commitOf,
  commitRecord,
  rows,
  servePointer,
  servedPointer,
  sliceRecords,
} from '../testing/sales';
import { RangeLoop } from './range-loop';

const TOPIC = TOPICS.ranges(PRODUCT);

let deps: Fixture;
let told: Pointer[];
const loops: RangeLoop[] = [];

const begin = (config: Partial<ConsumptionConfig> = {}) => {
  deps = fixture(config);
  told = [];
};

async function start(): Promise<RangeLoop> {
  const loop = new RangeLoop(deps, LAYOUT, (pointer) => told.push(pointer));
  loops.push(loop);
  await loop.start();
  return loop;
}

const served = (generation: number) =>
  until(`generation ${generation}`, () => told.at(-1)?.generation === generation);

const landed = (loop: RangeLoop, partition: number, next: number) =>
  until(`${next} records of ${partition}`, () => loop.reading().next[partition] === next);

const mark = (partition: number) => deps.store.get('meta', STORE_KEYS.consumed(TOPIC, partition));

/** Commits that are waited for until the spec lets them go; the store's work takes `ms` each. */
const eachCommitTakes = (ms: number) => (deps.store.beforeCommit = () => deps.clock.takes(ms));

beforeEach(() => begin());
afterEach(async () => {
  for (const loop of loops.splice(0)) await loop.stop();
});

test('slices land as they come, and the pointer moves with the last part of the range', async () => {
  const loop = await start();
  await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 1, bob: 2, cy: 3 }), 2));
  await landed(loop, 0, 2);
  await appendRanges(deps, 1, commitRecord(2));
  await landed(loop, 1, 1);
  expect(await rows(deps.store)).toEqual({});
  await appendRanges(deps, 1, ...sliceRecords(1, {}, cells({ dan: 4 })));
  await served(1);
  expect(await rows(deps.store)).toEqual({ ann: 1, bob: 2, cy: 3, dan: 4 });
  expect(told).toHaveLength(1);
  expect(loop.counts()).toEqual({ applied: 1, stale: 0, damaged: 0, unreadable: 0 });
});

test('two instances land a range side by side, and one of them moves the pointer', async () => {
  const [first, second] = [await start(), await start()];
  await until('one partition each', () => Object.keys(second.reading().next).length === 1);
  await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 1 })), commitRecord(2));
  await appendRanges(deps, 1, ...sliceRecords(1, {}, cells({ bob: 2 })));
  await served(1);
  expect([first, second].map((loop) => Object.keys(loop.reading().next))).toEqual([['0'], ['1']]);
  expect(first.counts().applied).toBe(1 - (second.counts().applied ?? 0));
  expect(await rows(deps.store)).toEqual({ ann: 1, bob: 2 });
});

test('a frame of many cells lands in parts, each in a transaction of its own, and the record counts with the last', async () => {
  begin({ foldCells: 2 });
  const marks: unknown[] = [];
  deps.store.beforeCommit = () => void marks.push(mark(0));
  await appendRanges(
    deps,
    0,
    ...sliceRecords(0, {}, cells({ a: 1, b: 2, c: 3, d: 4, e: 5 })),
    commitRecord(1),
  );
  await start();
  await served(1);
  expect(marks).toEqual([undefined, undefined, undefined, 1]);
  expect(mark(0)).toBe(2);
  expect(await rows(deps.store)).toEqual({ a: 1, b: 2, c: 3, d: 4, e: 5 });
});

test('with the commit there already, the pointer waits for the last part of the last frame', async () => {
  begin({ foldCells: 1 });
  const seen: unknown[] = [];
  deps.store.beforeCommit = async () => void seen.push(await rows(deps.store));
  await start();
  await appendRanges(deps, 0, commitRecord(1), ...sliceRecords(0, {}, cells({ a: 1, b: 2, c: 3, d: 4 }), 2));
  await served(1);
  expect(seen).toEqual([{}, {}, {}, {}, {}]);
  expect(await rows(deps.store)).toEqual({ a: 1, b: 2, c: 3, d: 4 });
});

test('a slice without cells counts too', async () => {
  await appendRanges(deps, 0, ...sliceRecords(0, {}, []), commitRecord(1));
  await start();
  await served(1);
});

test('after a restart inside a slice it is read again from its first frame', async () => {
  const records = sliceRecords(0, {}, cells({ ann: 1, bob: 2, cy: 3 }), 1);
  await appendRanges(deps, 0, ...records.slice(0, 2));
  const first = await start();
  await landed(first, 0, 2);
  await first.stop();
  expect(mark(0)).toBe(0);
  const second = await start();
  await appendRanges(deps, 0, ...records.slice(2), commitRecord(1));
  await served(1);
  expect(await rows(deps.store)).toEqual({ ann: 1, bob: 2, cy: 3 });
  await until('the mark', () => mark(0) === 4);
  expect(second.counts()).toMatchObject({ applied: 1, stale: 0 });
});

test('a partition that moves to another instance inside a slice is landed by that one as a whole', async () => {
  const records = sliceRecords(1, {}, cells({ ann: 1, bob: 2 }), 1);
  const first = await start();
  await appendRanges(deps, 1, ...records.slice(0, 1));
  await landed(first, 1, 1);
  const second = await start();
  await until('the other has it', () => second.reading().next[1] === 1);
  expect(first.reading().next).toEqual({ 0: 0 });
  await appendRanges(deps, 1, ...records.slice(1));
  await appendRanges(deps, 0, ...sliceRecords(0, {}, []), commitRecord(2));
  await served(1);
  expect(await rows(deps.store)).toEqual({ ann: 1, bob: 2 });
});

describe('a slice of the past', () => {
  beforeEach(() => servePointer(deps.store, { generation: 5 }));

  test('is passed over with its first part: of the rest nothing asks the store', async () => {
    await appendRanges(deps, 0, ...sliceRecords(0, { to: 3 }, cells({ a: 1, b: 2, c: 3, d: 4, e: 5 }), 1));
    await appendRanges(deps, 0, ...sliceRecords(0, { range: 'next', from: 5, to: 6 }, cells({ ann: 1 })));
    let asked = 0;
    deps.store.beforeCommit = () => void (asked += 1);
    const loop = await start();
    await landed(loop, 0, 6);
    expect(asked).toBe(2);
    expect(loop.counts()).toMatchObject({ applied: 0, stale: 1 });
    expect(mark(0)).toBe(6);
    expect(deps.store.keys('base')).toHaveLength(1);
  });

  test('is passed over with the first part of a frame too', async () => {
    begin({ foldCells: 1 });
    await servePointer(deps.store, { generation: 5 });
    await appendRanges(deps, 0, ...sliceRecords(0, { to: 3 }, cells({ a: 1, b: 2, c: 3 })));
    const loop = await start();
    await landed(loop, 0, 1);
    expect(loop.counts()).toMatchObject({ applied: 0, stale: 1 });
  });

  test('holds nothing back where the rest of it never comes: a restart reads on after it', async () => {
    const [first] = sliceRecords(0, { to: 3 }, cells({ a: 1, b: 2 }), 1);
    await appendRanges(deps, 0, first as Uint8Array, commitRecord(1, { to: 3 }));
    const loop = await start();
    await landed(loop, 0, 2);
    expect(mark(0)).toBe(2);
    expect(servedPointer(deps.store)).toMatchObject({ generation: 5 });
  });
});

test('a pointer that moves between two parts of a frame leaves the rest of it out', async () => {
  begin({ foldCells: 1 });
  await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 1, bob: 2, cy: 3 })), commitRecord(1));
  let commits = 0;
  deps.store.beforeCommit = async () => {
    commits += 1;
    if (commits === 2) await servePointer(deps.store, { generation: 1 });
  };
  const loop = await start();
  await landed(loop, 0, 2);
  expect(told).toEqual([]);
  expect(deps.store.keys('base')).toHaveLength(1);
});

test('after each transaction it pauses as long as that took, though not for ever', async () => {
  begin({ foldCells: 1 });
  eachCommitTakes(20);
  await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 1, bob: 2 })), commitRecord(1));
  await start();
  await until('the first pause', () => deps.clock.slept.includes(20));
  await settle();
  expect(deps.store.commits).toBe(1);
  await deps.clock.advance(19);
  expect(deps.store.commits).toBe(1);
  eachCommitTakes(9000);
  await deps.clock.advance(1);
  expect(deps.store.commits).toBe(2);
  expect(deps.clock.slept.at(-1)).toBe(50);
});

test('stopping does not wait for the pause, and lands nothing more', async () => {
  eachCommitTakes(20);
  await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 1 })), commitRecord(1));
  const loop = await start();
  await until('the first pause', () => deps.clock.slept.includes(20));
  await loop.stop();
  expect(deps.store.commits).toBe(1);
  expect(mark(0)).toBe(1);
  expect(told).toEqual([]);
});

test.each([
  ['definition', { hash: 'h2' }],
  ['version', { product: 'sales@2' }],
])('ranges of another %s never land', async (_, fields) => {
  await appendRanges(deps, 0, ...sliceRecords(0, { ...fields, full: true, line: 1 }, cells({ zoe: 1 })));
  await appendRanges(deps, 0, commitRecord(1, { ...fields, full: true, line: 1 }));
  const loop = await start();
  await landed(loop, 0, 2);
  expect([deps.store.keys('base'), deps.store.keys('meta'), told]).toEqual([[], [], []]);
});

test('what is damaged or no message at all is counted, logged and passed over', async () => {
  const damaged = Buffer.from(sliceRecords(0, {}, cells({ ann: 1 }))[0] as Uint8Array);
  damaged[damaged.length - 3] = 0x39;
  await appendRanges(deps, 1, damaged, Buffer.from('who knows'));
  await appendRanges(deps, 1, ...sliceRecords(0, {}, cells({ ann: 2 })), commitRecord(1));
  const loop = await start();
  await served(1);
  expect(loop.counts()).toEqual({ applied: 1, stale: 0, damaged: 1, unreadable: 1 });
  expect(await rows(deps.store)).toEqual({ ann: 2 });
  expect(deps.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
});

test.each([
  { states: '[nope]' },
  { states: '[]' },
  { states: '[1,2]' },
  { states: '["many"]' },
  { states: '{"0":1}' },
  { key: '["1970-01-01T00:00:00Z"]' },
  { key: '[0,"ann"]' },
])(
  'a cell that is none of the product does not stop the loop, though the checksum is right: %o',
  async (bad) => {
    const garbage = { ...cells({ ann: 1 })[0]!, ...bad };
    await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 2 })), commitRecord(1));
    const next = { range: 'next', from: 1, to: 2 };
    await appendRanges(deps, 0, ...sliceRecords(0, { ...next, range: 'foreign' }, [garbage]));
    await appendRanges(deps, 0, ...sliceRecords(0, next, cells({ ann: 3 })), commitRecord(1, next));
    const loop = await start();
    await served(2);
    expect(loop.counts()).toMatchObject({ damaged: 1, unreadable: 0 });
  },
);

test('a message of a newer release stops the loop, and is read again by who can read it', async () => {
  await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 1 })));
  await appendRanges(deps, 0, encodeMessage({ ...commitOf(1), v: 9 } as never));
  const loop = await start();
  await expect(loop.done).rejects.toMatchObject({ code: 'unsupported-version' });
  expect(mark(0)).toBe(1);
  expect(told).toEqual([]);
});

test('where the store fails the pointer is told to nobody, and whoever begins again lands the same', async () => {
  await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 1 })), commitRecord(1));
  deps.store.beforeWrite = (_, key) => {
    if (key === STORE_KEYS.pointer(PRODUCT)) throw new Error('full');
  };
  const loop = await start();
  await expect(loop.done).rejects.toThrow('full');
  expect([told, mark(0)]).toEqual([[], 1]);
  deps.store.beforeWrite = () => undefined;
  await loop.stop();
  await start();
  await served(1);
  expect(await rows(deps.store)).toEqual({ ann: 1 });
});
