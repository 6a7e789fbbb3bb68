import { ftruncateSync, writeSync } from 'node:fs';
import { mkdir, open, readFile, readdir, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { TenonError } from '@tenon/errors';
import { syncFolder } from '../files/files';
import { takeOsLock } from '../files/os-lock';
import type { OsLock } from '../files/os-lock';

/** The layout of a data directory; what is in the parts has format versions of its own. */
export const DATA_DIRECTORY_VERSION = 1;

const FORMAT_FILE = 'format.json';
const LOCK_FILE = 'lock';

/** Where the embedded adapters keep their files, held by this process until `close`. */
export interface DataDirectory {
  readonly path: string;
  readonly log: string;
  readonly store: string;
  readonly lake: string;
  close(): Promise<void>;
}

/**
 * Opens a data directory for this process alone, and makes it if it is missing or empty. Files that the process makes from
 * here on are for its user alone (umask 077).
 *
 * @throws TenonError `data-directory-locked` if a process holds it, `data-directory-version` if another version of
 *   Tenon (or something else) wrote it; nothing has been changed then.
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const directory = resolve(path);
  // Before the lock file is made, so that nothing is touched in a directory that is not ours.
  const before = await checkFormat(directory);
  // Events, states and archive are for the user of this process alone, whatever the parts below make.
  process.umask(0o077);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = takeOsLock(join(directory, LOCK_FILE));
  if (lock === null) throw await lockedError(directory);
  try {
    if (before === 'none' && (await checkFormat(directory)) === 'none') await writeFormat(directory);
    nameHolder(lock);
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    path: directory,
    log: join(directory, 'log'),
    store: join(directory, 'store'),
    lake: join(directory, 'lake'),
    close: async () => lock.release(),
  };
}

/** @returns whether there is a format file of this version, or an empty directory, or none */
async function checkFormat(directory: string): Promise<'current' | 'none'> {
  const text = await readFile(join(directory, FORMAT_FILE), 'utf8').catch(missing);
  if (text === undefined) {
    const files = (await readdir(directory).catch(missing)) ?? [];
    // A first start that was cut short leaves these.
    const foreign = files.find((file) => file !== LOCK_FILE && file !== `${FORMAT_FILE}.tmp`);
    if (foreign === undefined) return 'none';
    throw versionError(directory, `it has no ${FORMAT_FILE}, but other files (${foreign})`);
  }
  const version = parseVersion(text);
  if (version === DATA_DIRECTORY_VERSION) return 'current';
  throw versionError(
    directory,
    `its format is ${version ?? 'unreadable'}, this Tenon's is ${DATA_DIRECTORY_VERSION}`,
  );
}

function parseVersion(text: string): number | undefined {
  try {
    const format = JSON.parse(text) as { tenon?: unknown };
    return typeof format.tenon === 'number' ? format.tenon : undefined;
  } catch {
    return undefined;
  }
}

function versionError(directory: string, why: string): TenonError {
  return new TenonError('data-directory-version', `${directory} can't be used as data directory: ${why}.`, {
    hint: 'Use the Tenon that wrote it, or another directory (--data DIR or TENON_DATA).',
  });
}

async function writeFormat(directory: string): Promise<void> {
  const path = join(directory, FORMAT_FILE);
  const file = await open(`${path}.tmp`, 'w');
  try {
    await file.writeFile(`${JSON.stringify({ tenon: DATA_DIRECTORY_VERSION })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  await syncFolder(directory);
}

/** Says in the lock file who holds it: only for the message to a second process. */
function nameHolder(lock: OsLock): void {
  ftruncateSync(lock.fd, 0);
  writeSync(lock.fd, `${JSON.stringify({ pid: process.pid, host: hostname() })}\n`, 0);
}

async function lockedError(directory: string): Promise<TenonError> {
  const text = await readFile(join(directory, LOCK_FILE), 'utf8').catch(() => '');
  return new TenonError('data-directory-locked', `${directory} is in use by ${describeHolder(text)}.`, {
    hint: 'Stop that process, or use another directory (--data DIR or TENON_DATA).',
  });
}

function describeHolder(text: string): string {
  try {
    const { pid, host } = JSON.parse(text) as { pid: number; host: string };
    return host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  } catch {
    return 'another process';
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
