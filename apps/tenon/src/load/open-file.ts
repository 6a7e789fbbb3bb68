/** Which reader reads a file: told by its name, or by --format. */
import { openSync, readSync, closeSync, statSync } from 'node:fs';
import { failure } from '../cli/failure';
import { lazy } from '../cli/lazy';
import { openCsv } from './csv-reader';
import type { Declared } from './declared';
import { openNdjson } from './ndjson-reader';
import type { FileFormat, RowReader } from './rows';

const EXTENSIONS: Readonly<Record<string, FileFormat>> = {
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'ndjson',
  csv: 'csv',
  tsv: 'csv',
  parquet: 'parquet',
  pq: 'parquet',
};

function namedFormat(path: string): FileFormat | undefined {
  const extension = /\.([a-z0-9]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
}

/** True if a name says what the file holds. */
export const isNamedAsRows = (name: string): boolean => namedFormat(name) !== undefined;

/** @throws Failure if the file is not there, or nothing says what it is */
export function formatOf(path: string, given?: FileFormat): FileFormat {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw failure('file-unreadable', `There is no file ${path}.`, undefined, { file: path });
  if (!stat.isFile())
    throw failure('file-unreadable', `${path} is no file.`, 'Name the files in it.', { file: path });
  const format = given ?? namedFormat(path);
  if (format === undefined) {
    throw failure(
      'file-format',
      `The name of ${path} does not say what it holds.`,
      'Say it with --format ndjson, csv or parquet.',
      { file: path },
    );
  }
  if (format === 'ndjson' && firstByte(path) === '[') {
    throw failure(
      'file-format',
      `${path} is a JSON array, not one JSON object per line.`,
      `Convert it: jq -c '.[]' ${path} > events.ndjson`,
      { file: path },
    );
  }
  return format;
}

export async function openFile(path: string, format: FileFormat, declared: Declared): Promise<RowReader> {
  if (format === 'csv') return openCsv(path, declared);
  if (format === 'ndjson') return openNdjson(path);
  return lazy.parquet().openParquet(path, declared);
}

function firstByte(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(64);
    return bytes.toString('utf8', 0, readSync(file, bytes)).trim()[0] ?? '';
  } finally {
    closeSync(file);
  }
}
