import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FilePrint } from '@tenon/ports';

/** How long a print is taken for that of a file which the system says was not written since, milliseconds. */
const REMEMBERED_MS = 60_000;

/** Several products read the same files at a cut. */
const REMEMBERED = 256;

interface Remembered {
  /** What the system says of the file; a write changes it. */
  readonly state: string;
  readonly since: number;
  readonly print: FilePrint;
}

/**
 * Prints of files. What is covered: a file is read to its end, and then not again for a minute unless the system says that it was
 * written, moved or replaced. What a disk loses without a write within that minute is found at the next reading.
 */
export class Prints {
  private readonly known = new Map<string, Remembered>();

  /** @param now monotonic milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  async of(path: string): Promise<FilePrint> {
    const state = await stateOf(path);
    const known = this.known.get(path);
    if (known?.state === state && this.now() - known.since < REMEMBERED_MS) return known.print;
    const since = this.now();
    const print = await read(path);
    this.known.delete(path);
    // Written while it was read: whatever that is, it is not to be remembered.
    if ((await stateOf(path)) === state) this.known.set(path, { state, since, print });
    this.forget();
    return print;
  }

  /** A file whose name will be another one: nobody asks for this one again. */
  once(path: string): Promise<FilePrint> {
    return read(path);
  }

  /** The oldest stand first. */
  private forget(): void {
    const now = this.now();
    for (const [path, { since }] of this.known) {
      if (this.known.size <= REMEMBERED && now - since < REMEMBERED_MS) break;
      this.known.delete(path);
    }
  }
}

async function stateOf(path: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}

async function read(path: string): Promise<FilePrint> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, digest: hash.digest('hex').slice(0, 32) };
}
