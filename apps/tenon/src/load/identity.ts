/** Ids of rows: the same file gives the same ids, so that nothing counts twice however often it is sent. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

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

/** 96 bits of the file's digest and the row: `3f0c...-17`. */
export const eventId = (base: string, row: number) => `${base.slice(0, 24)}-${row}`;

/** What (source, id) is unique within: loads of one file are one source, wherever the file lies. */
export const EVENT_SOURCE = 'tenon:load';
