import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchiveRecord, LogRecord } from '@tenon/ports';
import { createEngine } from './engine';
import { archive } from './testing/archive';
import { rawRecord, recordOf, sourceOf } from './testing/records';

const SOURCE = sourceOf({ n: { type: 'integer' } });

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('latin1'));
const asRead = (record: LogRecord) => ({
  offset: record.offset,
  timestamp: record.timestamp,
  key: text(record.key),
  // Of a large one its length and beginning: texts of megabytes take long to compare.
  value: [record.value.byteLength, text(record.value.subarray(0, 500))],
  headers: record.headers(),
  correlation: [record.header('correlationid'), text(record.headerBytes('correlationid') ?? null)],
  unknown: [record.header('other'), record.headerBytes('other')],
});

test('the archive gives back the records as they stood in the log, whatever they are, and no others', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenon-archived-'));
  const engine = await createEngine({ threads: 2, spoolDirectory: directory });
  try {
    const record = (offset: number): LogRecord => {
      if (offset % 5 === 1) return rawRecord(offset, Buffer.from([0, 255, 34, 10, offset & 255]), -offset);
      if (offset % 5 === 2) return { ...rawRecord(offset, '', offset), key: null };
      if (offset % 50 === 3) return rawRecord(offset, 'x'.repeat(5 << 20), offset);
      return recordOf(offset, { time: '2026-03-01T00:00:00Z', data: { n: offset, s: 'é"\\' } });
    };
    // Offsets of a log with gaps, enough for several parts.
    const offsets = Array.from({ length: 400 }, (_, i) => 7 + i + Math.floor(i / 100));
    const records = offsets.map((offset): ArchiveRecord => ({
      partition: 3,
      record: record(offset),
      // What is no event is not parsed.
      mark: [1, 2, 3].includes(offset % 5) ? 'control' : 'duplicate',
    }));
    const path = join(directory, 'p=3.parquet');
    await archive(engine, SOURCE, records, path);
    const [from, to] = [20, offsets.at(-1)!];
    const read: LogRecord[][] = [];
    for await (const part of engine.readArchive({ partition: 3, from, to, paths: [path] }))
      read.push([...part]);
    expect(read.length).toBeGreaterThan(1);
    const wanted = records.map((one) => one.record).filter(({ offset }) => offset >= from && offset < to);
    expect(read.flat().map(asRead)).toEqual(wanted.map(asRead));
    for await (const part of engine.readArchive({ partition: 2, from, to, paths: [path] }))
      expect(part).toEqual([]);
    // Whoever stops in the middle leaves nothing behind that another one meets.
    for await (const part of engine.readArchive({ partition: 3, from, to, paths: [path] })) {
      expect(part[0]?.offset).toBe(wanted[0]?.offset);
      break;
    }
    for await (const part of engine.readArchive({ partition: 3, from: to - 1, to, paths: [path] }))
      expect(part.map(({ offset }) => offset)).toEqual([wanted.at(-1)?.offset]);
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true });
  }
});
