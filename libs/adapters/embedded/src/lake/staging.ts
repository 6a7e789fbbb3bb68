import { mkdirSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { v7 } from 'uuid';

/**
 * Where this process writes files that are not committed yet: a folder of its own. Another process that opens the lake takes for
 * left over what nobody has written to for a while, by the clock of the file system. That needs no lock, which shared file
 * systems and small images may not have.
 */
export class Staging {
  private constructor(private readonly folder: string) {}

  /**
   * @param root the folder of all staging folders; made if it is missing, and swept
   * @param leftAfterMs how long what is left over has not been written to, milliseconds
   */
  static async open(root: string, leftAfterMs: number): Promise<Staging> {
    const folder = join(root, v7());
    await mkdir(folder, { recursive: true });
    const { mtimeMs: now } = await stat(folder);
    for (const name of await readdir(root)) {
      const path = join(root, name);
      if (path !== folder && now - (await writtenAt(path)) >= leftAfterMs)
        await rm(path, { recursive: true, force: true });
    }
    return new Staging(folder);
  }

  next(): string {
    // Another process may have taken it for left over, after a long time without a file.
    mkdirSync(this.folder, { recursive: true });
    return join(this.folder, v7());
  }

  owns(path: string): boolean {
    return dirname(path) === this.folder;
  }
}

/** When a folder, or something in it, was written to last, milliseconds. What has gone meanwhile is being written. */
async function writtenAt(path: string): Promise<number> {
  const timeOf = async (one: string) => (await stat(one).catch(() => ({ mtimeMs: Infinity }))).mtimeMs;
  // A file is a lock of a release before, which had one beside each folder.
  const names = await readdir(path).catch(() => []);
  return Math.max(...(await Promise.all([path, ...names.map((name) => join(path, name))].map(timeOf))));
}
