/** Documents as the bytes that lmdb is given (see checked-text.ts), each written once: JSON, line feed, and its CRC-32 over what was written. */
import { crc32, crc32Within } from '../files/crc32';
import { checkedText } from './checked-text';

const SLAB = 256 << 10;
/** Larger ones are a small part of all, and have memory of their own. */
const MOST_UNITS = 4096;
/** The loop is quicker than a call for what is shorter. */
const SHORT = 512;
/** A line feed and 8 digits. */
const TAIL = 9;
const LINE_FEED = 10;
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');

export class DocumentBytes {
  private slab = Buffer.alloc(0);
  private used = 0;

  /** @returns bytes that are not written to again; they are part of a larger piece of memory */
  of(json: string): Uint8Array {
    if (json.length > MOST_UNITS) return Buffer.from(checkedText(json));
    // In UTF-8 a UTF-16 unit has three bytes at most.
    if (this.used + json.length * 3 + TAIL > this.slab.length) {
      this.slab = Buffer.allocUnsafeSlow(SLAB);
      this.used = 0;
    }
    const { slab, used } = this;
    const end = used + slab.write(json, used, 'utf8');
    const crc = end - used < SHORT ? crc32Within(slab, used, end) : crc32(slab.subarray(used, end));
    slab[end] = LINE_FEED;
    for (let digit = 0; digit < 8; digit += 1)
      slab[end + 1 + digit] = DIGITS[(crc >>> (28 - 4 * digit)) & 15] as number;
    this.used = end + TAIL;
    return slab.subarray(used, this.used);
  }
}
