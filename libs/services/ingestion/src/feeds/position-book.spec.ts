import { MemoryLog } from '@tenon/testing';
import { PositionBook } from './position-book';

const clock = { now: () => 1 };
const at = (next: number) => ({ next, ends: { '0': next }, letters: 0 });

let log: MemoryLog;
let deleted: number[];

beforeEach(() => {
  [log, deleted] = [new MemoryLog(), []];
  log.deleteBefore = async (...[topic, offsets]: unknown[]) => {
    const before = (offsets as Record<string, number>)['0'] as number;
    deleted.push(before);
    log.lose(topic as string, 0, before);
  };
});

const open = async () => {
  const book = new PositionBook(log, clock, 'orders');
  await book.open();
  return book;
};

test('of several notes the furthest counts, whoever writes when', async () => {
  const [first, second] = [await open(), await open()];
  await first.note({ streams: { s: ['a'] }, lanes: { 's/0': at(5) } });
  await second.note({ lanes: { 's/0': at(9), 's/1': at(1) } });
  await first.note({ streams: { s: ['b'] }, lanes: { 's/0': at(7) } });
  for (const book of [first, await open()]) {
    expect([book.position('s/0'), book.position('s/1')]).toEqual([at(9), at(1)]);
    expect(book.idsOf('s')).toEqual(['a', 'b']);
  }
});

test('a record that is none is passed over', async () => {
  const book = await open();
  const value = '{"v":1,"at":1,"streams":{},"lanes":{"s/0":{"next":-1}}}';
  for (const text of ['', '5', value])
    await log.append('tenon.feeds.orders', [{ partition: 0, key: null, value: text }]);
  await book.note({ lanes: { 's/0': at(1) } });
  expect((await open()).position('s/0')).toEqual(at(1));
});

test('one record replaces many that say less, and leaves those that others wrote meanwhile', async () => {
  const [book, other] = [await open(), await open()];
  await book.note({ streams: { s: ['a'] }, lanes: { 's/1': at(3) } });
  const append = log.append.bind(log);
  let isMean = false;
  log.append = async (topic, records) => {
    // Another instance is faster than the record that replaces the others.
    if (!isMean && String(records[0]?.value).includes('"s/1"')) {
      isMean = true;
      await other.note({ lanes: { 's/2': at(8) } });
    }
    return append(topic, records);
  };
  for (let next = 1; next <= 1_001; next++) await book.note({ lanes: { 's/0': at(next) } });
  expect([isMean, deleted.length > 0]).toEqual([true, true]);
  const found = await open();
  expect(['s/0', 's/1', 's/2'].map((lane) => found.position(lane)?.next)).toEqual([1_001, 3, 8]);
  expect(found.idsOf('s')).toEqual(['a']);
});
