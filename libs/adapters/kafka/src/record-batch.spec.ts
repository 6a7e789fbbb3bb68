import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { LogRecord, NewRecord } from '@tenon/ports';
import { crc32c } from './crc32c';
import { decodeRecordSet } from './record-batch';
import { encodeRecordBatch } from './record-batch-writer';

const HEADER = 61;

/** As a broker stores it. */
function stored(batch: Buffer, baseOffset: number): Buffer {
  const copy = Buffer.from(batch);
  copy.writeBigInt64BE(BigInt(baseOffset), 0);
  return copy;
}

const bytes = (part: string | Uint8Array | null) =>
  part === null ? null : Buffer.from(part as string).toString('latin1');

const plain = (one: LogRecord) => ({
  offset: one.offset,
  timestamp: one.timestamp,
  key: bytes(one.key),
  value: bytes(one.value),
  headers: one.headers(),
});

const short = fc.string({ unit: 'grapheme', maxLength: 30 });
/** Lengths around which the varints in front of them grow. */
const long = fc.tuple(short, fc.constantFrom(3, 7, 200, 700, 5_000)).map(([one, times]) => one.repeat(times));
const text = fc.oneof({ weight: 9, arbitrary: short }, { weight: 1, arbitrary: long });
const part = fc.oneof({ weight: 5, arbitrary: text }, fc.uint8Array({ maxLength: 100 }));
const record: fc.Arbitrary<NewRecord> = fc.record(
  {
    partition: fc.constant(0),
    key: fc.option(part, { nil: null }),
    value: part,
    headers: fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), text, {
      maxKeys: 5,
    }),
    timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  },
  { requiredKeys: ['partition', 'key', 'value'] },
);

test('crc32c gives the check value of its catalogue entry, whatever the length', () => {
  expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283);
  expect(crc32c(Buffer.from('x123456789y'), 1, 10)).toBe(0xe3069283);
  const slow = (data: Buffer) => {
    let crc = 0xffffffff;
    for (const byte of data) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
    return ~crc >>> 0;
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
      expect(crc32c(data, 0, data.length)).toBe(slow(Buffer.from(data)));
    }),
  );
});

test('a header may have any name', () => {
  const headers = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
  const batch = encodeRecordBatch([{ partition: 0, key: null, value: '', headers }], 0);
  const [read] = decodeRecordSet(stored(batch, 0), 0).records;
  expect(Object.entries(read?.headers() ?? {})).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
});

test('what is written is what is read', () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 2 ** 40 }),
      (records, at) => {
        const now = 1_700_000_000_000;
        const {
          records: read,
          next,
          whole,
        } = decodeRecordSet(stored(encodeRecordBatch(records, now), at), at);
        expect([next, whole]).toEqual([at + records.length, true]);
        expect(read.map(plain)).toEqual(
          records.map(({ key, value, headers = {}, timestamp = now }, i) => ({
            offset: at + i,
            timestamp,
            key: bytes(key),
            value: bytes(value),
            headers: { ...headers },
          })),
        );
      },
    ),
    { numRuns: 100 },
  );
});

test('a set may begin before the offset that is wanted, and end in the middle of a batch', () => {
  const batch = (from: number, count: number) =>
    stored(
      encodeRecordBatch(
        Array.from({ length: count }, (_, i) => ({ partition: 0, key: null, value: `${from + i}` })),
        0,
      ),
      from,
    );
  const set = Buffer.concat([batch(10, 5), batch(15, 3), batch(18, 4)]);
  const offsets = (bytesOf: Buffer, from: number) =>
    decodeRecordSet(bytesOf, from).records.map((one) => one.offset);
  expect(offsets(set, 12)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
  expect(offsets(set, 16)).toEqual([16, 17, 18, 19, 20, 21]);
  const cut = decodeRecordSet(set.subarray(0, set.length - 1), 12);
  expect([cut.next, cut.records.at(-1)?.offset]).toEqual([18, 17]);
  expect(decodeRecordSet(batch(10, 1).subarray(0, 50), 10)).toEqual({
    ...{ records: [], next: 10, whole: false, unreadable: [] },
  });
});

test('marks of transactions are passed over, and leave no record', () => {
  const control = stored(encodeRecordBatch([{ partition: 0, key: 'k', value: 'v' }], 0), 7);
  control.writeInt16BE(0x30, 21);
  expect(decodeRecordSet(control, 7)).toEqual({ records: [], next: 8, whole: true, unreadable: [] });
});

const squeeze = (batch: Buffer, codec: number, body: Buffer) => {
  const all = Buffer.concat([batch.subarray(0, HEADER), body]);
  all.writeInt32BE(all.length - 12, 8);
  all.writeInt16BE(codec, 21);
  return all;
};
const valued = (value: string, at: number, timestamp = 5) =>
  stored(encodeRecordBatch([{ partition: 0, key: null, value, timestamp }], 5), at);

test('compressed batches are read', () => {
  const batch = valued('x'.repeat(1000), 3);
  const [one] = decodeRecordSet(squeeze(batch, 1, gzipSync(batch.subarray(HEADER))), 3).records;
  expect([one?.offset, one?.value.length]).toEqual([3, 1000]);
});

test.each([
  ['of a codec that is not known', squeeze(valued('x', 3), 7, Buffer.alloc(10)), /codec 7/],
  ['whose bytes are none of its codec', squeeze(valued('x', 3), 3, Buffer.alloc(10)), /LZ4/],
  ['whose records go beyond it', squeeze(valued('xyz', 3), 0, valued('xyz', 3).subarray(HEADER, -3)), /./],
  ['of another format', Object.assign(Buffer.from(valued('x', 3)), { 16: 1 }), /format 1/],
])('a batch %s is set aside, and those beside it are read', (_, bad, reason) => {
  const set = Buffer.concat([valued('before', 2), bad, valued('after', 4)]);
  const { records, next, unreadable } = decodeRecordSet(set, 2);
  expect([records.map(({ offset }) => offset), next]).toEqual([[2, 4], 5]);
  expect(unreadable).toEqual([{ from: 3, to: 4, reason: expect.stringMatching(reason) as string }]);
});

test('a timestamp of any value is a time of the calendar', () => {
  for (const [timestamp, read] of [
    [1_795_894_938_745_000_000, 253_402_300_799_999],
    [-9_000_000_000_000_000, -62_135_596_800_000],
    [-1, -1],
  ] as const)
    expect(decodeRecordSet(valued('x', 0, timestamp), 0).records.map((one) => one.timestamp)).toEqual([read]);
});
