/** Which reader reads a file: told by its name, or by --format. */
import { openSync, readSync, closeSync, statSync } from 'node:fs';
import { openCsv } from './csv-reader';
import type { Declared } from './declared';
import { openNdjson } from './ndjson-reader';
import type * as Parquet from './parquet-reader';
import { fileRefusal } from './refusal';
import type { FileFormat, RowReader } from './rows';
import { isGzip } from './text-lines';

const EXTENSIONS: Readonly<Record<string, FileFormat>> = {
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'ndjson',
  csv: 'csv',
  tsv: 'csv',
  parquet: 'parquet',
  pq: 'parquet',
};

export function namedFormat(path: string): FileFormat | undefined {
  const extension = /\.([a-z0-9]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
}

/** True if a name says what the file holds. */
export const isNamedAsRows = (name: string): boolean => namedFormat(name) !== undefined;

/** @throws Refusal if the file is not there, or nothing says what it is */
export function formatOf(path: string, given?: FileFormat): FileFormat {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw fileRefusal('file-unreadable', `There is no file ${path}.`, undefined, { file: path });
  if (!stat.isFile())
    throw fileRefusal('file-unreadable', `${path} is no file.`, 'Name the files in it.', { file: path });
  const format = given ?? namedFormat(path);
  if (format === undefined) {
    throw fileRefusal(
      'file-format',
      `The name of ${path} does not say what it holds.`,
      'Say it with --format ndjson, csv or parquet.',
      { file: path },
    );
  }
  if (format === 'ndjson' && firstByte(path) === '[') {
    throw fileRefusal(
      'file-format',
      `${path} is a JSON array, not one JSON object per line.`,
      `Convert it: jq -c '.[]' ${path} > events.ndjson`,
      { file: path },
    );
  }
  return format;
}

/** @param bytes of a text file that may still grow: its first bytes only; absent: all */
export async function openFile(
  path: string,
  format: FileFormat,
  declared: Declared,
  bytes?: number,
): Promise<RowReader> {
  if (format === 'csv') return openCsv(path, declared, bytes);
  if (format === 'ndjson') return openNdjson(path, bytes);
  return parquet().openParquet(path, declared);
}

// Loaded where a file asks for it: DuckDB is heavy.
// eslint-disable-next-line @typescript-eslint/no-require-imports -- `import()` would go past loaders that hook `require`
const parquet = () => require('./parquet-reader') as typeof Parquet;

/** What is appended to such a file leaves its rows as they are. */
export const mayGrow = (path: string, format: FileFormat): boolean => format !== 'parquet' && !isGzip(path);

function firstByte(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(64);
    return bytes.toString('utf8', 0, readSync(file, bytes)).trim()[0] ?? '';
  } finally {
    closeSync(file);
  }
}
