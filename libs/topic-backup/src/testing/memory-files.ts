/** Files of records for specs: JSON instead of Parquet, on the disk all the same. */
import { readFile, writeFile } from 'node:fs/promises';
import type { OffsetRun, RawRecord, RecordFiles } from '@tenon/ports';

const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
const bytesOf = (text: string | null) => (text === null ? null : Buffer.from(text, 'hex'));

interface Stored extends Pick<RawRecord, 'offset' | 'timestamp'> {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string | null }[];
}

const stored = ({ key, value, headers, ...rest }: RawRecord): Stored => ({
  ...rest,
  key: hex(key),
  value: hex(value),
  headers: headers.map((header) => ({ name: header.name, value: hex(header.value) })),
});
const restored = ({ key, value, headers, ...rest }: Stored): RawRecord => ({
  ...rest,
  key: bytesOf(key),
  value: bytesOf(value),
  headers: headers.map((header) => ({ name: header.name, value: bytesOf(header.value) })),
});

export class MemoryFiles implements RecordFiles {
  async check(): Promise<void> {}

  async writer() {
    const records: Stored[] = [];
    return {
      add: async (_partition: number, some: readonly RawRecord[]) => void records.push(...some.map(stored)),
      finish: (path: string) => writeFile(path, JSON.stringify(records)),
      discard: async () => undefined,
    };
  }

  async *read(path: string): AsyncIterable<readonly RawRecord[]> {
    yield (JSON.parse(await readFile(path, 'utf8')) as Stored[]).map(restored);
  }

  async runWriter() {
    const runs: OffsetRun[] = [];
    return {
      add: async (some: readonly OffsetRun[]) => void runs.push(...some),
      finish: (path: string) => {
        runs.sort((a, b) => a.partition - b.partition || a.from - b.from);
        return writeFile(path, JSON.stringify(runs));
      },
    };
  }

  async close(): Promise<void> {}
}
