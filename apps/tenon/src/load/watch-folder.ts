/**
 * `tenon load --watch`: whatever comes to lie in a folder, one file after the other. A file is loaded once it has rested, and again
 * only where it has become another; what was loaded is known by its content, so a restart counts nothing twice.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isNamedAsRows } from '@tenon/adapters-files';
import type { Client } from '../cli/client';
import { Failure } from '../cli/failure';
import type { Output } from '../cli/output';
import { sleep } from '../cli/sse';
import type { LoadOptions, LoadedFile } from './load-all';
import { loadAll } from './load-all';

export interface WatchOptions extends LoadOptions {
  /** Names of files; `*` stands for any text, `?` for one character. Absent: all whose names say what they hold. */
  readonly pattern?: string;
  /** How often the folder is looked at; a file that did not change between two looks is whole. */
  readonly everyMs: number;
}

/** A file as it was seen. */
interface Seen {
  readonly path: string;
  readonly modified: number;
  /** Equal while nobody has written to it. */
  readonly state: string;
}

/**
 * Until the signal aborts.
 *
 * @param told of each file that was loaded, and of each that can't be, with why: it is tried again once it has changed
 */
export async function watchFolder(
  client: Client,
  source: string,
  folder: string,
  options: WatchOptions,
  output: Output,
  told: { loaded(file: LoadedFile): void; failed(path: string, failure: Failure): void },
): Promise<void> {
  const { signal } = options;
  const done = new Map<string, string>();
  let before = new Map<string, string>();
  while (!signal.aborted) {
    const now = look(folder, options);
    for (const { path, state } of now) {
      if (signal.aborted || done.get(path) === state || before.get(path) !== state) continue;
      try {
        const [loaded] = await loadAll(client, source, [path], options, output);
        if (loaded === undefined || !loaded.complete) continue;
        told.loaded(loaded);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        told.failed(path, error);
        // With Tenon away every file would fail: they are all tried again.
        if (isAway(error)) break;
      }
      done.set(path, state);
    }
    before = new Map(now.map(({ path, state }) => [path, state]));
    for (const path of done.keys()) if (!before.has(path)) done.delete(path);
    await sleep(options.everyMs, signal);
  }
}

/** The oldest first. @throws Failure if there is no such folder */
function look(folder: string, { pattern, format }: WatchOptions): Seen[] {
  const matches = pattern === undefined ? null : patternOf(pattern);
  const fits = (name: string) =>
    matches === null ? format !== undefined || isNamedAsRows(name) : matches.test(name);
  return namesIn(folder)
    .filter((name) => !isOwn(name) && fits(name))
    .flatMap((name) => {
      const path = join(folder, name);
      const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
      if (stat === undefined || !stat.isFile()) return [];
      const state = [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join('/');
      return [{ path, modified: Number(stat.mtimeMs), state }];
    })
    .sort((a, b) => a.modified - b.modified || (a.path < b.path ? -1 : 1));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const reason = (error as Error).message.split(',')[0];
    throw new Failure([{ code: 'folder-unreadable', message: `${folder} can't be watched: ${reason}.` }]);
  }
}

/** What is hidden is somebody's who is not ready yet; and rejected rows are ours. */
const isOwn = (name: string) => name.startsWith('.') || name.endsWith('.rejected.ndjson');

const patternOf = (pattern: string) =>
  new RegExp(
    `^${[...pattern].map((one) => (one === '*' ? '.*' : one === '?' ? '.' : one.replace(/[.+^${}()|[\]\\]/, '\\$&'))).join('')}$`,
    'u',
  );

const AWAY = ['unreachable', 'gave-up'];
const isAway = ({ problems }: Failure) => AWAY.includes(problems[0]?.code ?? '');
