/** The disk that a process writes to: what is left of it, and what takes how much. */
import type { Dirent } from 'node:fs';
import { opendir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '@tenon/domain';

/** A folder that grows, by the name of the part that writes there. */
export interface DiskPlace {
  readonly part: string;
  readonly path: string;
}

/** Bytes. */
export interface DiskUse extends DiskPlace {
  /** What the folder holds; null until it has been counted. */
  readonly used: number | null;
  /** What is left to this user on its disk. */
  readonly free: number;
  /** The disk's size. */
  readonly size: number;
}

const LOW_BYTES = 2 ** 30;
const LOW_SHARE = 0.05;
/** A folder is counted anew after this long; what is free is asked each time. */
const COUNT_EVERY_MS = 300_000;

export class DiskWatch {
  private readonly counted = new Map<string, { at: number; bytes: number | null; counting: boolean }>();
  private last: readonly DiskUse[] = [];

  /** @param now monotonic, milliseconds */
  constructor(
    private readonly places: readonly DiskPlace[],
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What was found when it was last read. */
  get latest(): readonly DiskUse[] {
    return this.last;
  }

  /** Quick: folders are counted aside. A place that is not there yet is left out. */
  async read(): Promise<readonly DiskUse[]> {
    const found: DiskUse[] = [];
    for (const place of this.places) {
      const disk = await statfs(place.path).catch(() => null);
      if (disk === null) continue;
      const { bavail, blocks, bsize } = disk;
      found.push({ ...place, used: this.used(place.path), free: bavail * bsize, size: blocks * bsize });
    }
    this.last = found;
    return found;
  }

  private used(path: string): number | null {
    const known = this.counted.get(path) ?? { at: -Infinity, bytes: null, counting: false };
    this.counted.set(path, known);
    if (!known.counting && this.now() - known.at > COUNT_EVERY_MS) {
      known.counting = true;
      void bytesBelow(path).then((bytes) => Object.assign(known, { at: this.now(), bytes, counting: false }));
    }
    return known.bytes;
  }
}

/** A file that goes away meanwhile counts as none; sparse files by what they take. */
async function bytesBelow(path: string): Promise<number> {
  let sum = 0;
  const folder = await opendir(path).catch(() => null);
  if (folder === null) return 0;
  for await (const entry of folder as AsyncIterable<Dirent>) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) sum += await bytesBelow(child);
    else if (entry.isFile()) sum += ((await stat(child).catch(() => null))?.blocks ?? 0) * 512;
  }
  return sum;
}

/** A warning for each place that is about to be full. */
export function diskWarnings(uses: readonly DiskUse[]): Problem[] {
  const low = uses.filter(({ free, size }) => free < LOW_BYTES || free < size * LOW_SHARE);
  return low.map(({ part, path, used, free, size }) => ({
    code: 'disk-low',
    message: `${gib(free)} of ${gib(size)} are left for the ${part} (${path}${used === null ? '' : `, which takes ${gib(used)}`}).`,
    hint: 'Make room or a larger disk; shorter retention, TENON_CUT_EVERY and tenon prune let Tenon take less. A full disk stops ingestion with 503, and loses nothing.',
  }));
}

const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
