/** A folder of the file system that is watched by looking at it, folders in it too. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceFiles } from '@tenon/domain';
import { Refusal, Unavailable } from '@tenon/errors';
import type { WatchedPrint, WatchedFile, WatchedFolder, WatchedRow } from '@tenon/ports';
import { declaredFields } from './declared';
import { digestFile, lastByte } from './digest';
import { formatOf, mayGrow, namedFormat, openFile } from './open-file';

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
      const files = await Promise.all(
        (await namesIn(folder)).map(async (name): Promise<WatchedFile | null> => {
          const file = matches === null || matches.test(name.slice(name.lastIndexOf('/') + 1));
          const holds = rows ?? namedFormat(name);
          if (!file || holds === undefined) return null;
          const found = await stat(join(folder, name), { bigint: true }).catch(() => null);
          if (found === null || !found.isFile()) return null;
          return {
            ...{ name, rows: holds, mayGrow: mayGrow(name, holds) },
            ...{ size: Number(found.size), modifiedMs: Number(found.mtimeMs) },
            state: [found.size, found.mtimeNs, found.ctimeNs].join('/'),
          };
        }),
      );
      return files
        .filter((file) => file !== null)
        .sort((a, b) => a.modifiedMs - b.modifiedMs || (a.name < b.name ? -1 : 1));
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
  const { size, full, prefixes } = await digestFile(path, wanted);
  const isEnded = !file.mayGrow || size === 0 || (await lastByte(path, size)) === NEWLINE;
  return { size, digest: full, beginning: prefixes.get(beginning ?? -1) ?? null, isEnded };
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

async function namesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (within: string): Promise<void> => {
    for (const entry of await readdir(join(folder, within), { withFileTypes: true })) {
      if (isOthers(entry.name)) continue;
      const name = within === '' ? entry.name : `${within}/${entry.name}`;
      if (!entry.isDirectory()) found.push(name);
      // One that is removed meanwhile has no files.
      else await look(name).catch(() => undefined);
    }
  };
  try {
    await look('');
  } catch (error) {
    throw new Unavailable(`The folder ${folder} can't be read: ${(error as Error).message}.`);
  }
  return found;
}

const patternOf = (pattern: string) =>
  new RegExp(
    `^${[...pattern].map((one) => (one === '*' ? '.*' : one === '?' ? '.' : one.replace(/[.+^${}()|[\]\\]/, '\\$&'))).join('')}$`,
    'u',
  );
