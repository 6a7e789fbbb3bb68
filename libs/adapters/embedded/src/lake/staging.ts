import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { v7 } from 'uuid';
import { takeOsLock } from '../files/os-lock';
import type { OsLock } from '../files/os-lock';

/**
 * Where this process writes files that are not committed yet: a folder of its own, beside a lock that it holds while it
 * lives. So another process that opens the lake can tell what is left over from what is being written.
 */
export class Staging {
  private constructor(
    private readonly folder: string,
    /** Never released by hand: files may be written for as long as the process lives. */
    readonly lock: OsLock,
  ) {}

  /** @param root the folder of all staging folders; made if it is missing, and swept */
  static async open(root: string): Promise<Staging> {
    await mkdir(root, { recursive: true });
    await sweep(root);
    for (;;) {
      const folder = join(root, v7());
      const lock = takeOsLock(`${folder}.lock`);
      // A sweep may have come between making the lock file and locking it.
      if (lock === null) continue;
      if (!existsSync(`${folder}.lock`)) {
        lock.release();
        continue;
      }
      await mkdir(folder);
      return new Staging(folder, lock);
    }
  }

  next(): string {
    return join(this.folder, v7());
  }

  owns(path: string): boolean {
    return dirname(path) === this.folder;
  }
}

/** Removes what processes that have ended left behind. */
async function sweep(root: string): Promise<void> {
  const names = await readdir(root);
  const locks = new Set(names.filter((name) => name.endsWith('.lock')));
  for (const name of locks) {
    const lock = takeOsLock(join(root, name));
    if (lock === null) continue;
    // The lock file last: while it is there somebody will come to sweep the rest.
    await rm(join(root, name.slice(0, -'.lock'.length)), { recursive: true, force: true });
    await rm(join(root, name), { force: true });
    lock.release();
  }
}
