/** Offsets that were met in any order: a bit each, since there may be as many as were taken since the last note. */
import type { Offset } from '@tenon/domain';

const CHUNK_BITS = 16;
const WORDS = (1 << CHUNK_BITS) / 32;

export class OffsetSet {
  private readonly chunks = new Map<number, Uint32Array>();

  get isEmpty(): boolean {
    return this.chunks.size === 0;
  }

  add(offset: Offset): void {
    const chunk = Math.floor(offset / (1 << CHUNK_BITS));
    let words = this.chunks.get(chunk);
    if (words === undefined) this.chunks.set(chunk, (words = new Uint32Array(WORDS)));
    const bit = offset % (1 << CHUNK_BITS);
    words[bit >> 5]! |= 1 << (bit & 31);
  }

  has(offset: Offset): boolean {
    const words = this.chunks.get(Math.floor(offset / (1 << CHUNK_BITS)));
    const bit = offset % (1 << CHUNK_BITS);
    return words !== undefined && (words[bit >> 5]! & (1 << (bit & 31))) !== 0;
  }

  /** Offsets below are not asked for any more. */
  forget(below: Offset): void {
    for (const chunk of this.chunks.keys())
      if ((chunk + 1) * (1 << CHUNK_BITS) <= below) this.chunks.delete(chunk);
  }
}
