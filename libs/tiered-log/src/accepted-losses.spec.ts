import { HEADERS, LOST, TOPICS } from '@tenon/contracts';
import { TenonError } from '@tenon/errors';
import type { LogRecord, Loss, OlderPart, OlderRecords, OlderTier } from '@tenon/ports';
import { withLosses } from './accepted-losses';

const TOPIC = TOPICS.events('s');
const loss = (from: number, to: number): Loss => ({ partition: 0, from, to, at: 7, by: null });
const book = (...losses: Loss[]) => ({ read: async (source: string) => (source === 's' ? losses : []) });

const NOTHING = { next: async () => null, aged: async () => null };

/** Has the records up to an offset. */
const kept = (to: number): OlderTier => ({
  ...NOTHING,
  next: async (_topic, _partition, from) => (from < to ? from : null),
  async *read(_topic, _partition, from): AsyncGenerator<OlderPart> {
    if (from < to) yield { records: [{ offset: from } as LogRecord], next: to };
  },
});

async function read(records: OlderRecords, from: number, topic = TOPIC, partition = 0) {
  const offsets: number[] = [];
  let next = from;
  for await (const part of records.read(topic, partition, from)) {
    offsets.push(...part.records.map(({ offset }) => offset));
    next = part.next;
  }
  return { next, offsets };
}

test('each record that is lost has one in its place, from where it is asked for', async () => {
  const { next, offsets } = await read(withLosses(book(loss(3, 2503))), 5);
  expect(next).toBe(2503);
  expect(offsets).toEqual(Array.from({ length: 2498 }, (_, index) => index + 5));
  for await (const { records } of withLosses(book(loss(3, 4))).read(TOPIC, 0, 3))
    for (const record of records) {
      expect([record.header(HEADERS.control), record.headers()]).toEqual([LOST, { [HEADERS.control]: LOST }]);
      expect([record.timestamp, record.value.length, record.header('other')]).toEqual([7, 0, undefined]);
    }
});

test('only what was accepted is, of that partition and topic', async () => {
  const records = withLosses(book(loss(3, 6)));
  for (const [from, topic, partition] of [
    [2, TOPIC, 0],
    [6, TOPIC, 0],
    [3, TOPIC, 1],
    [3, TOPICS.events('t'), 0],
    [3, 'tenon.cuts', 0],
  ] as const)
    expect(await read(records, from, topic, partition)).toEqual({ next: from, offsets: [] });
});

test('what is kept elsewhere comes first, and what comes after it is lost', async () => {
  const records = withLosses(book(loss(0, 9)), kept(7));
  expect(await read(records, 5)).toEqual({ next: 9, offsets: [5, 7, 8] });
});

test('what is kept behind a loss is read on, up to the next loss and behind that', async () => {
  const has = new Set([3, 4, 7]);
  const holed: OlderTier = {
    ...NOTHING,
    next: async (_topic, _partition, from) => [3, 4, 7].find((at) => at >= from) ?? null,
    async *read(_topic, _partition, from): AsyncGenerator<OlderPart> {
      for (let at = from; has.has(at); at++) yield { records: [{ offset: at } as LogRecord], next: at + 1 };
    },
  };
  const records = withLosses(book(loss(0, 3), loss(5, 6), loss(6, 7)), holed);
  expect(await read(records, 0)).toEqual({ next: 8, offsets: [0, 1, 2, 3, 4, 5, 6, 7] });
  // Of a hole its end is told: what is kept, or accepted, comes first there.
  const goesOn = (...losses: Loss[]) =>
    Promise.all([0, 4, 5, 7, 8].map((from) => withLosses(book(...losses), holed).next(TOPIC, 0, from)));
  expect(await goesOn()).toEqual([3, 4, 7, 7, null]);
  expect(await goesOn(loss(2, 3), loss(6, 9))).toEqual([2, 4, 6, 7, 8]);
  expect(await withLosses(book(loss(2, 3))).next(TOPIC, 1, 0)).toBeNull();
});

test('what is kept and cannot be read is an error, unless its loss was accepted', async () => {
  const damaged: OlderTier = {
    ...NOTHING,
    async *read(_topic, _partition, from) {
      if (from < 2) throw new TenonError('archive-damaged', 'a file');
    },
  };
  await expect(read(withLosses(book(), damaged), 0)).rejects.toMatchObject({ code: 'archive-damaged' });
  expect(await read(withLosses(book(loss(0, 2)), damaged), 0)).toEqual({ next: 2, offsets: [0, 1] });
});
