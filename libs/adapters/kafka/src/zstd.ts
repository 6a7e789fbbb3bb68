/** Zstandard, by Node where it has it (22.15), else by fzstd; what Kafka's brokers and producers write. */
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';

type Unzstd = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;

const own = (zlib as { zstdDecompressSync?: Unzstd }).zstdDecompressSync;

/** So many bytes go in at once: what comes out is counted in between. */
const STEP = 16 * 1024;

/** @throws an Error for bytes that are none, or that would become more than `maxBytes` */
export const unzstd = (bytes: Buffer, maxBytes: number): Buffer =>
  own === undefined ? unzstdAnywhere(bytes, maxBytes) : own(bytes, { maxOutputLength: maxBytes });

/** The same on every Node. */
export function unzstdAnywhere(bytes: Buffer, maxBytes: number): Buffer {
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Decompress((part) => {
    size += part.length;
    if (size > maxBytes) throw new Error(`more than ${maxBytes} bytes of zstd are too large`);
    // What it hands over is a part of what it goes on with.
    parts.push(part.slice());
  });
  for (let at = 0; at < bytes.length; at += STEP)
    stream.push(bytes.subarray(at, at + STEP), at + STEP >= bytes.length);
  return Buffer.concat(parts, size);
}
