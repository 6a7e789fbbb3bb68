import type { Offset } from '../numbers';

/** What an event is to its dedupe window. `conflict`: the id is there, with other data. */
export type DedupeVerdict = 'new' | 'duplicate' | 'conflict';

/** Bytes of an identity: 24 hex digits of a hash over (source, id), 8 over the data. */
export const IDENTITY_BYTES = 32;

/** Words per entry: 96 bits of hash, 32 of the digest. */
const ENTRY = 4;
/** Words per slot of the table: the entry's number + 1 (0: free) and the first word of its hash, which says its home. */
const SLOT = 2;
const FIRST_CAPACITY = 1024;

/**
 * The dedupe rule, for one partition: a record is a duplicate if the same (source, id) stands at one of the `window`
 * offsets before it. Every occurrence counts, duplicates too, so the verdicts depend on nothing but those records:
 * whoever reads `window` offsets before a place decides from there on as everyone else.
 *
 * Entries stand in a ring in the order of their offsets; a hash table (open addressing, linear probing) finds the
 * latest of an id. The table keeps slots of entries that have left the ring until it is made anew, which is cheaper than to
 * take each out: such an entry is below the window, or its place has another's hash now. Ids are known by 96 bits of
 * their hash: among 10^9 ids the chance of any mistaken pair is 10^-11.
 */
export class DedupeWindow {
  /** A power of two, doubled when the ring is full. */
  private capacity = FIRST_CAPACITY;
  private entries = new Uint32Array(FIRST_CAPACITY * ENTRY);
  /** Per entry; -1 for one that a later occurrence of its id has superseded. */
  private offsets = new Float64Array(FIRST_CAPACITY);
  private table = new Int32Array(FIRST_CAPACITY * 2 * SLOT);
  /** The oldest entry's place in the ring, and how many there are. */
  private head = 0;
  private size = 0;
  /** Slots of the table that are not free: at most three of four. */
  private used = 0;
  private latest = -1;
  /** @param window in offsets; 0 turns the rule off */
  constructor(private readonly window: number) {}

  /**
   * Judges the record at `offset` and remembers it.
   *
   * @param identity `IDENTITY_BYTES` of hex digits; the last eight are compared with those of the latest occurrence
   * @throws RangeError if the offset is not above the last one: the window knows one order only
   */
  check(offset: Offset, identity: Uint8Array): DedupeVerdict {
    if (offset <= this.latest) throw new RangeError(`Offset ${offset} comes after offset ${this.latest}`);
    this.latest = offset;
    if (this.window === 0) return 'new';
    const from = Math.max(0, offset - this.window);
    this.evict(from);
    if (this.size === this.capacity) this.grow();
    else if (this.used * 2 >= this.capacity * 3) this.index();
    const h0 = hexWord(identity, 0);
    const h1 = hexWord(identity, 8);
    const h2 = hexWord(identity, 16);
    const data = hexWord(identity, 24);
    const { entries, offsets, table } = this;
    const slot = this.find(h0, h1, h2);
    const before = table[slot * SLOT]! - 1;
    let verdict: DedupeVerdict = 'new';
    if (before < 0) this.used += 1;
    else if (offsets[before]! >= from) {
      verdict = entries[before * ENTRY + 3] === data ? 'duplicate' : 'conflict';
      offsets[before] = -1;
    }
    const place = (this.head + this.size) & (this.capacity - 1);
    this.size += 1;
    entries[place * ENTRY] = h0;
    entries[place * ENTRY + 1] = h1;
    entries[place * ENTRY + 2] = h2;
    entries[place * ENTRY + 3] = data;
    offsets[place] = offset;
    table[slot * SLOT] = place + 1;
    table[slot * SLOT + 1] = h0;
    return verdict;
  }

  /** Forgets everything below `from`. */
  private evict(from: Offset): void {
    while (this.size > 0 && this.offsets[this.head]! < from) {
      this.head = (this.head + 1) & (this.capacity - 1);
      this.size -= 1;
    }
  }

  /** The slot of the hash, or the free one where it would go. */
  private find(h0: number, h1: number, h2: number): number {
    const { entries, table } = this;
    const mask = this.capacity * 2 - 1;
    const tag = h0 | 0;
    for (let slot = h0 & mask; ; slot = (slot + 1) & mask) {
      const entry = table[slot * SLOT]!;
      if (entry === 0) return slot;
      if (table[slot * SLOT + 1] !== tag) continue;
      const at = (entry - 1) * ENTRY;
      if (entries[at] === h0 && entries[at + 1] === h1 && entries[at + 2] === h2) return slot;
    }
  }

  /** Doubles the ring. The window bounds how often, and with it the memory. */
  private grow(): void {
    const { capacity, entries, offsets, head } = this;
    this.capacity = capacity * 2;
    this.head = 0;
    this.entries = new Uint32Array(this.capacity * ENTRY);
    this.entries.set(entries.subarray(head * ENTRY));
    this.entries.set(entries.subarray(0, head * ENTRY), (capacity - head) * ENTRY);
    this.offsets = new Float64Array(this.capacity);
    this.offsets.set(offsets.subarray(head));
    this.offsets.set(offsets.subarray(0, head), capacity - head);
    this.table = new Int32Array(this.capacity * 2 * SLOT);
    this.index();
  }

  /** Makes the table anew, of what is in the ring. */
  private index(): void {
    const { entries, offsets, table, head, size, capacity } = this;
    table.fill(0);
    this.used = 0;
    for (let i = 0; i < size; i++) {
      const place = (head + i) & (capacity - 1);
      if (offsets[place]! < 0) continue;
      const h0 = entries[place * ENTRY]!;
      const slot = this.find(h0, entries[place * ENTRY + 1]!, entries[place * ENTRY + 2]!);
      table[slot * SLOT] = place + 1;
      table[slot * SLOT + 1] = h0;
      this.used += 1;
    }
  }
}

/** Eight hex digits as a word. */
function hexWord(bytes: Uint8Array, at: number): number {
  let word = 0;
  // A digit's low four bits are its value; a letter's are one to six, and bit 6 tells it: nine more.
  for (let i = at; i < at + 8; i++) word = (word << 4) | ((bytes[i]! & 15) + (bytes[i]! >> 6) * 9);
  return word >>> 0;
}
