/**
 * Whether lmdb's data file is as long as its pages say, before it is mapped: to touch a page behind the end of the file ends the
 * process (SIGBUS), which no code can catch.
 *
 * A file may be shorter than its last page's number says and yet be whole: pages that a transaction took and gave back are
 * never written. So such a file is read through by a process of its own, and only if that ends, the file is not whole.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TenonError } from '@tenon/errors';

const MAGIC = 0xbeefc0de;
/** Of a meta page: its header, then `MDB_meta` (mdb.c of lmdb-js 3): magic, …, page size, …, last page, transaction. */
const AT = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152, end: 160 } as const;

const HINT = 'Restore the store’s directory from a backup.';

/** @throws TenonError `store-damaged` */
export function checkDataFile(directory: string, tables: readonly string[]): void {
  const path = join(directory, 'data.mdb');
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  const wanted = wantedBytes(path, found.size);
  if (found.size >= wanted) return;
  const fault = readThrough(directory, tables);
  if (fault !== null)
    throw new TenonError('store-damaged', `${path} has ${found.size} bytes of ${wanted}: ${fault}`, {
      hint: HINT,
    });
}

/** By the newer of the two meta pages. */
function wantedBytes(path: string, size: number): number {
  const first = metaAt(path, 0);
  if (first === null) {
    // Killed while it was made: lmdb writes both pages at once, and begins anew with an empty file.
    if (size === 0) return 0;
    throw new TenonError('store-damaged', `${path} is no file of lmdb: its first page is damaged.`, {
      hint: HINT,
    });
  }
  const second = metaAt(path, first.pageSize);
  const newer = second !== null && second.transaction > first.transaction ? second : first;
  return (newer.lastPage + 1) * newer.pageSize;
}

function metaAt(path: string, position: number) {
  const page = Buffer.alloc(AT.end);
  const fd = openSync(path, 'r');
  try {
    if (readSync(fd, page, 0, AT.end, position) < AT.end) return null;
  } finally {
    closeSync(fd);
  }
  if (page.readUInt32LE(AT.magic) !== MAGIC) return null;
  return {
    pageSize: page.readUInt32LE(AT.pageSize),
    lastPage: Number(page.readBigUInt64LE(AT.lastPage)),
    transaction: page.readBigUInt64LE(AT.transaction),
  };
}

const READER = `
const [lmdb, path, ...tables] = process.argv.slice(1);
const root = require(lmdb).open({ path, encoding: 'string', readOnly: true });
let bytes = 0;
for (const name of tables) for (const { value } of root.openDB({ name, encoding: 'string' }).getRange()) bytes += value.length;
process.exit(0);
`;

/** What became of a process that read all of it; null: all of it is there. */
function readThrough(directory: string, tables: readonly string[]): string | null {
  const lmdb = require.resolve('lmdb');
  const run = spawnSync(process.execPath, ['-e', READER, lmdb, directory, ...tables], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  if (run.status === 0) return null;
  if (run.signal !== null) return 'what is missing is needed.';
  return `it can't be read: ${run.stderr.toString().trim().split('\n').at(-1) ?? ''}`;
}
