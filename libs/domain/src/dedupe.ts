import { checksum32, hash128 } from './hash';

/** What an event is to its dedupe window. `conflict`: the id is there, with other data. */
export type DedupeVerdict = 'new' | 'duplicate' | 'conflict';

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
 * latest of an id. Ids are known by 96 bits of their hash: among 10^9 ids the chance of any mistaken pair is 10^-11.
 */
export class DedupeWindow {
  private capacity = FIRST_CAPACITY;
  private entries = new Uint32Array(FIRST_CAPACITY * ENTRY);
  private offsets = new Float64Array(FIRST_CAPACITY);
  private table = new Int32Array(FIRST_CAPACITY * 2 * SLOT);
  /** Numbers of the oldest entry and of the next one; an entry's place in the ring is its number modulo the capacity. */
  private head = 0;
  private next = 0;
  private latest = -1;
  private readonly lanes = new Uint32Array(4);

  /** @param window in offsets; 0 turns the rule off */
  constructor(private readonly window: number) {}

  /**
   * Judges the record at `offset` and remembers it.
   *
   * @param digest of the event's data; compared with that of the latest occurrence
   * @throws RangeError if the offset is not above the last one: the window knows one order only
   */
  check(offset: number, source: Uint8Array, id: Uint8Array, digest: string): DedupeVerdict {
    if (offset <= this.latest) throw new RangeError(`Offset ${offset} comes after offset ${this.latest}`);
    this.latest = offset;
    if (this.window === 0) return 'new';
    this.evict(offset - this.window);
    const lanes = this.lanes;
    lanes.fill(0);
    hash128(source, lanes);
    hash128(id, lanes);
    const data = checksum32(digest);
    if (this.next - this.head === this.capacity) this.grow();
    const slot = this.find(lanes[0]!, lanes[1]!, lanes[2]!);
    const before = this.table[slot * SLOT]!;
    const verdict =
      before === 0 ? 'new' : this.entries[(before - 1) * ENTRY + 3] === data ? 'duplicate' : 'conflict';
    if (before !== 0) this.offsets[before - 1] = -1; // superseded: its eviction leaves the table alone
    const place = this.next % this.capacity;
    this.entries[place * ENTRY] = lanes[0]!;
    this.entries[place * ENTRY + 1] = lanes[1]!;
    this.entries[place * ENTRY + 2] = lanes[2]!;
    this.entries[place * ENTRY + 3] = data;
    this.offsets[place] = offset;
    this.table[slot * SLOT] = place + 1;
    this.table[slot * SLOT + 1] = lanes[0]!;
    this.next += 1;
    return verdict;
  }

  /** Forgets everything below `from`. */
  private evict(from: number): void {
    while (this.head < this.next) {
      const place = this.head % this.capacity;
      const offset = this.offsets[place]!;
      if (offset >= from) return;
      if (offset >= 0) this.remove(place);
      this.head += 1;
    }
  }

  /** The slot of the hash, or the free one where it would go. */
  private find(h0: number, h1: number, h2: number): number {
    const mask = this.capacity * 2 - 1;
    const tag = h0 | 0;
    for (let slot = h0 & mask; ; slot = (slot + 1) & mask) {
      const entry = this.table[slot * SLOT]!;
      if (entry === 0) return slot;
      const at = (entry - 1) * ENTRY;
      if (this.table[slot * SLOT + 1] === tag && this.entries[at + 1] === h1 && this.entries[at + 2] === h2)
        return slot;
    }
  }

  /** Takes an entry out of the table and moves up those behind that are not at home (Knuth 6.4, algorithm R). */
  private remove(place: number): void {
    const mask = this.capacity * 2 - 1;
    const table = this.table;
    let free = this.entries[place * ENTRY]! & mask;
    while (table[free * SLOT] !== place + 1) free = (free + 1) & mask;
    for (let slot = (free + 1) & mask; table[slot * SLOT] !== 0; slot = (slot + 1) & mask) {
      const home = table[slot * SLOT + 1]! & mask;
      if (((slot - home) & mask) < ((slot - free) & mask)) continue;
      table[free * SLOT] = table[slot * SLOT]!;
      table[free * SLOT + 1] = table[slot * SLOT + 1]!;
      free = slot;
    }
    table[free * SLOT] = 0;
  }

  /** Doubles the ring and the table; the window bounds how often. */
  private grow(): void {
    const { capacity, entries, offsets, head, next } = this;
    this.capacity = capacity * 2;
    this.entries = new Uint32Array(this.capacity * ENTRY);
    this.offsets = new Float64Array(this.capacity);
    this.table = new Int32Array(this.capacity * 2 * SLOT);
    for (let number = head; number < next; number++) {
      const from = number % capacity;
      const to = number % this.capacity;
      this.entries.set(entries.subarray(from * ENTRY, (from + 1) * ENTRY), to * ENTRY);
      this.offsets[to] = offsets[from]!;
      if (offsets[from]! < 0) continue;
      const [h0, h1, h2] = this.entries.subarray(to * ENTRY, to * ENTRY + 3);
      const slot = this.find(h0!, h1!, h2!);
      this.table[slot * SLOT] = to + 1;
      this.table[slot * SLOT + 1] = h0!;
    }
  }
}
