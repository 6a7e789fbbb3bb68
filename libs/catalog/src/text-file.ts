/** Files of the catalog as text, and which there are. */
import type { Dirent } from 'node:fs';
import { statSync } from 'node:fs';
import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, extname, join, sep } from 'node:path';
import type { Place } from '@tenon/domain';
import type { Report } from './report';

/** A directory entry that counts: hidden files (editors' swap files, `.DS_Store`) do not. */
export interface Entry {
  readonly name: string;
  readonly directory: boolean;
}

export const isYaml = (entry: Entry) => !entry.directory && /\.ya?ml$/i.test(entry.name);
export const isSql = (entry: Entry) => !entry.directory && /\.sql$/i.test(entry.name);

/** `orders.yaml` → `orders`. */
export const stem = (file: string) => file.slice(0, -extname(file).length);

/** Entries of a directory in the order of their names; undefined if there is no such directory. */
export async function entriesOf(directory: string): Promise<Entry[] | undefined> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.name.startsWith('.') && !entry.name.endsWith('~'))
      .map((entry) => ({ name: entry.name, directory: isDirectory(entry, directory) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Links count as what they lead to: mounted configuration is made of them. */
function isDirectory(entry: Dirent, directory: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(join(directory, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Reads a file; reports it and gives undefined if it can't be read, is not UTF-8 or holds nothing but space. */
export async function readText(path: string, report: Report): Promise<string | undefined> {
  const place: Place = { file: path };
  let bytes: Uint8Array;
  try {
    const odd = await oddityOf(path);
    if (odd !== undefined) {
      report('file-unreadable', `${path} can't be read: ${odd}.`, place);
      return undefined;
    }
    bytes = await readFile(path);
  } catch (error) {
    report('file-unreadable', `${path} can't be read: ${reasonOf(error)}.`, place);
    return undefined;
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    report('file-encoding', `${path} is not UTF-8.`, lineOfBadByte(path, bytes), 'Save it as UTF-8.');
    return undefined;
  }
  if (text.trim() === '') {
    report('file-empty', `${path} is empty.`, { file: path, line: 1, column: 1 }, 'Fill it or remove it.');
    return undefined;
  }
  return text;
}

/** No definition is near it. */
const MOST_BYTES = 4 << 20;

/** Why a path is not to be read: a pipe would never end, and what a link outside shows is not the catalog's to tell. */
async function oddityOf(path: string): Promise<string | undefined> {
  const found = await stat(path);
  if (found.isDirectory()) return 'it is a directory';
  if (!found.isFile()) return 'it is no regular file';
  if (found.size > MOST_BYTES) return 'it is larger than 4 MiB';
  const real = await realpath(path);
  // A folder of the catalog may itself be mounted from, or lead, elsewhere.
  for (const folder of [dirname(path), dirname(dirname(path))]) {
    const around = await realpath(folder);
    if (real.startsWith(around.endsWith(sep) ? around : around + sep)) return undefined;
  }
  return 'it leads out of the catalog';
}

/** The line of the first bytes that are not UTF-8: the decoder does not say, so lines are tried one by one. */
function lineOfBadByte(file: string, bytes: Uint8Array): Place {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return { file, line, column: 1 };
    }
    start = end + 1;
  }
  return { file };
}

/** What went wrong with a file, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return message;
}
