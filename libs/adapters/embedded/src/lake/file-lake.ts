import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { TenonError, Unavailable } from '@tenon/errors';
import type { FilePrint, Lake, LakeFile } from '@tenon/ports';
import { syncFolder } from '../files/files';
import { checkName, checkPrefix } from './names';
import { Prints } from './prints';
import { Staging } from './staging';

export interface FileLakeOptions {
  /** Made if it is missing. */
  readonly directory: string;
  /**
   * What nobody has written to for this long, and is not committed, is left over from a process that has ended: it is removed.
   * An hour if not given; 0 where no other process can use the lake. Milliseconds.
   */
  readonly leftAfterMs?: number;
}

const LEFT_AFTER_MS = 3_600_000;

/** Files in a directory; what is not committed yet lies in a folder beside them, on the same file system. */
export function createFileLake(options: FileLakeOptions): Lake {
  return new FileLake(options.directory, options.leftAfterMs ?? LEFT_AFTER_MS);
}

const STAGING = '.staging';

class FileLake implements Lake {
  private opening: Promise<Staging> | null = null;

  private readonly directory: string;
  private readonly prints = new Prints();

  constructor(
    directory: string,
    private readonly leftAfterMs: number,
  ) {
    // The engine opens the paths too, wherever it runs.
    this.directory = resolve(directory);
  }

  async stage(): Promise<string> {
    return (await this.open()).next();
  }

  async commit(stagedPath: string, name: string): Promise<void> {
    checkName(name);
    const staging = await this.open();
    if (!staging.owns(stagedPath)) {
      throw new TenonError('not-staged', `${stagedPath} was not staged by this process in this lake.`);
    }
    const path = join(this.directory, name);
    await attempt(async () => {
      await syncFile(stagedPath);
      await this.makeFolder(dirname(path));
      await rename(stagedPath, path);
      await syncFolder(dirname(path));
    });
  }

  async list(prefix: string): Promise<readonly LakeFile[]> {
    checkPrefix(prefix);
    await this.open();
    const files: LakeFile[] = [];
    await this.walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, files);
    return files.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async path(name: string): Promise<string> {
    checkName(name);
    const path = join(this.directory, name);
    const found = await stat(path).catch(() => null);
    if (!found?.isFile()) throw new TenonError('unknown-file', `There is no file ${name} in the lake.`);
    return path;
  }

  print(path: string): Promise<FilePrint> {
    return attempt(async () =>
      (await this.open()).owns(path) ? this.prints.once(path) : this.prints.of(path),
    );
  }

  async remove(name: string): Promise<void> {
    checkName(name);
    await attempt(() => unlink(join(this.directory, name)).catch(ignoreMissing));
  }

  private open(): Promise<Staging> {
    this.opening ??= attempt(() => Staging.open(join(this.directory, STAGING), this.leftAfterMs));
    this.opening.catch(() => (this.opening = null));
    return this.opening;
  }

  /** Makes the folders of a path, each durably. */
  private async makeFolder(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
  }

  private async walk(folder: string, prefix: string, files: LakeFile[]): Promise<void> {
    const entries: Dirent[] = await readdir(join(this.directory, folder), { withFileTypes: true }).catch(
      (error) => {
        ignoreMissing(error);
        return [];
      },
    );
    for (const entry of entries) {
      const name = folder + entry.name;
      if (name === STAGING) continue;
      if (entry.isDirectory()) {
        if (`${name}/`.startsWith(prefix) || prefix.startsWith(`${name}/`))
          await this.walk(`${name}/`, prefix, files);
      } else if (name.startsWith(prefix)) {
        const found = await stat(join(this.directory, name.split('/').join(sep))).catch(ignoreMissing);
        if (found) files.push({ name, bytes: found.size });
      }
    }
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TenonError
      ? error
      : new Unavailable('The lake could not be reached or written.', error);
  }
}
