/** What a file holds, as a digest: by it a file is known whatever it is called. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

export interface Digests {
  readonly size: number;
  /** Of the whole file. */
  readonly full: string;
  /** Of its first n bytes, for each n that was asked for and that the file has. */
  readonly prefixes: ReadonlyMap<number, string>;
}

/** SHA-256 of a file and of some of its beginnings, in one pass. */
export async function digestFile(path: string, prefixSizes: readonly number[] = []): Promise<Digests> {
  const hash = createHash('sha256');
  const prefixes = new Map<number, string>();
  const wanted = [...new Set(prefixSizes)].sort((a, b) => a - b);
  let size = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    let bytes = piece as Buffer;
    while (wanted.length > 0 && wanted[0]! <= size + bytes.length) {
      const upTo = wanted.shift()!;
      hash.update(bytes.subarray(0, upTo - size));
      bytes = bytes.subarray(upTo - size);
      size = upTo;
      prefixes.set(upTo, hash.copy().digest('hex'));
    }
    hash.update(bytes);
    size += bytes.length;
  }
  return { size, full: hash.digest('hex'), prefixes };
}

/** The byte at the end of a file's first `size` bytes. */
export async function lastByte(path: string, size: number): Promise<number | undefined> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return bytesRead === 1 ? buffer[0] : undefined;
  } finally {
    await file.close();
  }
}
