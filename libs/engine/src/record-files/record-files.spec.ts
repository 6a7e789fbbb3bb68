import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { RawRecord, RecordFiles, RecordSql } from '@tenon/ports';
import { createRecordFiles } from './record-files';

let directory: string;
let files: RecordFiles;
let made = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-records-'));
  files = await createRecordFiles({ threads: 2 });
});
afterAll(async () => {
  await files.close();
  rmSync(directory, { recursive: true, force: true });
});

async function written(records: readonly RawRecord[], sql?: RecordSql): Promise<RawRecord[]> {
  const path = join(directory, `${made++}.parquet`);
  const writer = await files.writer(sql);
  await writer.add(3, records);
  await writer.finish(path);
  const read: RawRecord[] = [];
  for await (const some of files.read(path)) read.push(...some);
  return read;
}

const plain = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part).toString('hex'));
const comparable = ({ offset, timestamp, key, value, headers }: RawRecord) => ({
  offset,
  timestamp,
  key: plain(key),
  value: plain(value),
  headers: headers.map((header) => [header.name, plain(header.value)]),
});

const bytes = fc.option(fc.uint8Array({ maxLength: 40 }));
const recordArbitrary = fc.record({
  timestamp: fc.oneof(fc.constant(-1), fc.maxSafeInteger()),
  key: bytes,
  value: bytes,
  headers: fc.array(fc.record({ name: fc.string({ unit: 'grapheme', maxLength: 20 }), value: bytes }), {
    maxLength: 4,
  }),
});

const text = (offset: number, value: string): RawRecord => ({
  offset,
  timestamp: 1_700_000_000_000 + offset,
  key: Buffer.from(`k${offset}`),
  value: Buffer.from(value),
  headers: [],
});

describe('A file of records', () => {
  test('gives back what was put in, in its order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(recordArbitrary, { minLength: 1, maxLength: 20 }), async (some) => {
        const records = some.map((record, index) => ({ ...record, offset: index * 3 }));
        expect((await written(records)).map(comparable)).toEqual(records.map(comparable));
      }),
      { numRuns: 40 },
    );
  });

  test('keeps the order of many records, and large ones', async () => {
    const records = Array.from({ length: 20_000 }, (_, offset) => text(offset, 'x'.repeat(offset % 50)));
    records.push(text(20_000, 'y'.repeat(5_000_000)));
    expect((await written(records)).map(comparable)).toEqual(records.map(comparable));
  });

  test('takes what the SQL says: texts that are none are null there', async () => {
    const records = [
      text(0, '{"region":"eu","email":"a@b"}'),
      text(1, '{"region":"us","email":"c@d"}'),
      { ...text(2, ''), value: Buffer.from([0xff, 0xfe]) },
      { ...text(3, ''), value: null },
    ];
    const eu = await written(records, { where: `json->>'region' = 'eu'` });
    expect(eu.map(({ offset }) => offset)).toEqual([0]);
    const masked = await written(records, {
      replace: {
        value: `CASE WHEN json IS NULL THEN value ELSE encode(json_merge_patch(json, '{"email":null}')::VARCHAR) END`,
      },
    });
    expect(masked.map(({ value }) => value && Buffer.from(value).toString('latin1'))).toEqual([
      '{"region":"eu"}',
      '{"region":"us"}',
      '\u00ff\u00fe',
      null,
    ]);
    const named = await written(records, { where: `"offset" >= 2 AND time > TIMESTAMP '2020-01-01'` });
    expect(named.map(({ offset }) => offset)).toEqual([2, 3]);
  });

  test.each([
    [{ where: 'nothing = 1' }, 'nothing'],
    [{ where: '1); DROP TABLE x; --' }, 'x'],
    [{ replace: { offset: '1' } }, 'only key, value and headers'],
    [{ replace: { value: '"offset"' } }, 'must be text, JSON or BLOB'],
    [{ replace: { headers: '[1]' } }, 'headers must stay'],
  ] as [object, string][])('refuses %j', async (sql, what) => {
    await expect(files.check(sql)).rejects.toMatchObject({
      code: 'bad-sql',
      message: expect.stringContaining(what) as string,
    });
  });

  test('of runs is in the order of partitions and offsets', async () => {
    const writer = await files.runWriter();
    await writer.add([{ partition: 1, from: 5, to: 9, newPartition: 1, newFrom: 0 }]);
    await writer.add([{ partition: 0, from: 0, to: 2, newPartition: 0, newFrom: 0 }]);
    await expect(writer.finish(join(directory, 'runs.parquet'))).resolves.toBeUndefined();
  });
});
