/** A folder of the file system that is watched by looking at it, folders in it too. */
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { SourceFiles } from '@tenon/domain';
import { Refusal, Unavailable } from '@tenon/errors';
import type { WatchedPrint, WatchedFile, WatchedFolder, WatchedRow } from '@tenon/ports';
import { declaredFields } from './declared';
import { digestFile, lastByte } from './digest';
import { formatOf, mayGrow, namedFormat, openFile } from './open-file';
import { isGzip } from './text-lines';

export interface FolderOptions extends Pick<SourceFiles, 'pattern' | 'rows'> {
  readonly folder: string;
  /** The properties of the source's schema, with references followed. */
  readonly fields: ReadonlyMap<string, unknown>;
}

const NEWLINE = 10;

export function watchedFolder({ folder, pattern, rows, fields }: FolderOptions): WatchedFolder {
  const matches = pattern === undefined ? null : patternOf(pattern);
  const declared = declaredFields(fields);
  const pathOf = ({ name }: Pick<WatchedFile, 'name'>) => join(folder, name);
  return {
    place: `folder ${folder}`,
    list: async () => {
      const { names, closed } = await namesIn(folder);
      const files = await Promise.all(
        names.map(async (name): Promise<WatchedFile | null> => {
          const file = matches === null || matches.test(name.slice(name.lastIndexOf('/') + 1));
          const holds = rows ?? namedFormat(name);
          if (!file || holds === undefined) return null;
          const found = await stat(join(folder, name), { bigint: true }).catch((error: unknown) =>
            problemOf(name, error),
          );
          if (typeof found === 'string') return unreadable(name, found);
          if (found === null || !found.isFile()) return null;
          return {
            ...{ name, rows: holds, mayGrow: mayGrow(name, holds) },
            ...{ size: Number(found.size), modifiedMs: Number(found.mtimeMs) },
            state: [found.size, found.mtimeNs, found.ctimeNs].join('/'),
          };
        }),
      );
      return [...files.filter((file) => file !== null), ...closed].sort(
        (a, b) => a.modifiedMs - b.modifiedMs || (a.name < b.name ? -1 : 1),
      );
    },
    print: (file, beginning) => readable(file, () => print(pathOf(file), file, beginning)),
    read: async function* (file, size, skip): AsyncGenerator<readonly WatchedRow[]> {
      const reader = await openFile(pathOf(file), file.rows, declared, file.mayGrow ? size : undefined);
      for await (const chunk of reader.read(skip)) yield chunk.rows;
    },
  };
}

async function print(path: string, file: WatchedFile, beginning: number | undefined): Promise<WatchedPrint> {
  formatOf(path, file.rows);
  const wanted = beginning === undefined ? [] : [beginning];
  await mustBeWhole(path, file);
  const { size, full, prefixes } = await digestFile(path, wanted);
  const isEnded = !file.mayGrow || size === 0 || (await lastByte(path, size)) === NEWLINE;
  return { size, digest: full, beginning: prefixes.get(beginning ?? -1) ?? null, isEnded };
}

/**
 * A file of which rows are taken is known by what it was then. One that ends too early is told before any are, so that what it is
 * once somebody has written the rest is not another one.
 *
 * @throws what the file system or zlib says
 */
async function mustBeWhole(path: string, { name, rows }: WatchedFile): Promise<void> {
  if (rows === 'parquet') return mustHaveFooter(path);
  if (!isGzip(name)) return;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(path), createGunzip(), nowhere);
}

const PARQUET_ENDS: readonly string[] = ['PAR1', 'PARE'];
/** What it begins with, what it ends with, and how long its footer is. */
const LEAST_PARQUET = 12;

async function mustHaveFooter(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4));
    const end = buffer.toString('latin1', 0, bytesRead);
    if (size < LEAST_PARQUET || !PARQUET_ENDS.includes(end))
      throw new Error('it does not end as Parquet does');
  } finally {
    await file.close();
  }
}

async function readable<T>(file: WatchedFile, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const message = `${file.name} can't be read: ${(error as Error).message}.`;
    throw new Refusal('file-unreadable', [{ code: 'file-unreadable', message }]);
  }
}

/** What is hidden, or begins with `_`, is somebody's who is not ready yet. */
const isOthers = (name: string) => name.startsWith('.') || name.startsWith('_');

/** Something of the folder that nobody can look at, by its name. */
const unreadable = (name: string, problem: string): WatchedFile => ({
  ...{ name, rows: 'ndjson', mayGrow: false, size: 0, modifiedMs: 0, state: problem, problem },
});

/** Null: it was removed meanwhile. */
function problemOf(name: string, error: unknown): string | null {
  const { code = '', message } = error as NodeJS.ErrnoException;
  // What stands for bytes that are no text is the name of no file.
  if (name.includes('\ufffd')) return 'its name is not UTF-8';
  return ['ENOENT', 'ENOTDIR'].includes(code) ? null : message;
}

async function namesIn(folder: string): Promise<{ names: string[]; closed: WatchedFile[] }> {
  const names: string[] = [];
  const closed: WatchedFile[] = [];
  const look = async (within: string): Promise<void> => {
    for (const entry of await readdir(join(folder, within), { withFileTypes: true })) {
      if (isOthers(entry.name)) continue;
      const name = within === '' ? entry.name : `${within}/${entry.name}`;
      if (!entry.isDirectory()) names.push(name);
      else
        await look(name).catch((error: unknown) => {
          const problem = problemOf(name, error);
          if (problem !== null) closed.push(unreadable(`${name}/`, problem));
        });
    }
  };
  try {
    await look('');
  } catch (error) {
    throw new Unavailable(`The folder ${folder} can't be read: ${(error as Error).message}.`);
  }
  return { names, closed };
}

const patternOf = (pattern: string) =>
  new RegExp(
    `^${[...pattern].map((one) => (one === '*' ? '.*' : one === '?' ? '.' : one.replace(/[.+^${}()|[\]\\]/, '\\$&'))).join('')}$`,
    'u',
  );
