/** The same (source, id) with other data within one call: the two can't both be meant. */
import { Rejection } from './rejection';
import type { Prepared } from './source-rules';

/** Ids remembered at least; twice as many at most. A stream may be endless, memory is not. */
const REMEMBERED = 50_000;

export class Conflicts {
  private recent = new Digests();
  private older = new Digests();

  /** @returns a rejection if the call has had this id with other data; the same data is a repeat, and is taken */
  check({ identity, idOf }: Prepared): Rejection | null {
    // An id that was made here can't have been there before.
    if (idOf === null) return null;
    const [h0, h1, h2] = [hexWord(identity, 0), hexWord(identity, 8), hexWord(identity, 16)];
    const digest = hexWord(identity, 24);
    const known = this.recent.find(h0, h1, h2) ?? this.older.find(h0, h1, h2);
    if (known === undefined) {
      if (this.recent.size >= REMEMBERED) {
        this.older = this.recent;
        this.recent = new Digests();
      }
      this.recent.add(h0, h1, h2, digest);
      return null;
    }
    if (known === digest) return null;
    return new Rejection(
      422,
      'id-conflict',
      `This call holds another event with the same source and id (${idOf.slice(0, 100)}) and other data.`,
    );
  }
}

const WORDS = 4;
const FIRST_SLOTS = 64;

/**
 * Digests by the 96 bits of their (source, id): open addressing in one typed array, since texts in a Map would be work for
 * the garbage collector for as long as a stream lasts.
 */
class Digests {
  private slots = FIRST_SLOTS;
  private words = new Uint32Array(FIRST_SLOTS * WORDS);
  size = 0;

  find(h0: number, h1: number, h2: number): number | undefined {
    const at = this.place(h0, h1, h2);
    return this.isFree(at) ? undefined : this.words[at + 3];
  }

  /** Of an id that is not there yet. */
  add(h0: number, h1: number, h2: number, digest: number): void {
    if (this.size * 2 >= this.slots) this.grow();
    this.put(this.place(h0, h1, h2), h0, h1, h2, digest);
    this.size += 1;
  }

  private put(at: number, h0: number, h1: number, h2: number, digest: number): void {
    const { words } = this;
    words[at] = h0;
    words[at + 1] = h1;
    words[at + 2] = h2;
    words[at + 3] = digest;
  }

  /** Where it stands, or the free place where it would. */
  private place(h0: number, h1: number, h2: number): number {
    const { words } = this;
    const mask = this.slots - 1;
    for (let slot = h0 & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (this.isFree(at)) return at;
      if (words[at] === h0 && words[at + 1] === h1 && words[at + 2] === h2) return at;
    }
  }

  /** No hash is all zeros, but for one in 2^96. */
  private isFree(at: number): boolean {
    return this.words[at] === 0 && this.words[at + 1] === 0 && this.words[at + 2] === 0;
  }

  private grow(): void {
    const before = this.words;
    this.slots *= 2;
    this.words = new Uint32Array(this.slots * WORDS);
    for (let at = 0; at < before.length; at += WORDS) {
      const [h0, h1, h2, digest] = [before[at]!, before[at + 1]!, before[at + 2]!, before[at + 3]!];
      if (h0 !== 0 || h1 !== 0 || h2 !== 0) this.put(this.place(h0, h1, h2), h0, h1, h2, digest);
    }
  }
}

/** Eight hex digits as a word. */
function hexWord(text: string, at: number): number {
  let word = 0;
  // A digit's low four bits are its value; a letter's are one to six, and bit 6 tells it: nine more.
  for (let i = at; i < at + 8; i++) {
    const code = text.charCodeAt(i);
    word = (word << 4) | ((code & 15) + (code >> 6) * 9);
  }
  return word >>> 0;
}
