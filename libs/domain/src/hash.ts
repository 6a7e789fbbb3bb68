/**
 * Hashes with fixed results on every machine: they decide partitions, register numbers and cell keys, so they are part
 * of the stored format and may never change. None of them resists someone who searches for collisions.
 */

/** A local name: in a VM context, as Jest makes, each look at a global is slow. */
const { imul } = Math;

/**
 * The partition of a key, as Kafka's default partitioner chooses it: murmur2 of the key's bytes, sign bit off, modulo.
 *
 * @param key a string stands for its UTF-8 bytes
 */
export function partitionOf(key: string | Uint8Array, partitions: number): number {
  const hash = typeof key === 'string' ? overUtf8(key, murmur2) : murmur2(key);
  return (hash & 0x7fffffff) % partitions;
}

/** A 32-bit checksum: MurmurHash3_x86_32, seed 0, of the text's UTF-8 bytes. */
export function checksum32(text: string): number {
  return overUtf8(text, murmur3);
}

/** The same of bytes. */
export function checksumOf(bytes: Uint8Array): number {
  return murmur3(bytes, bytes.length);
}

const SCRATCH = Buffer.alloc(16_384);

/** Hashes a text's UTF-8 bytes; short texts, the usual ones, without an allocation. */
function overUtf8<T>(text: string, hash: (bytes: Uint8Array, length: number) => T): T {
  if (text.length * 3 <= SCRATCH.length) return hash(SCRATCH, SCRATCH.write(text, 'utf8'));
  const bytes = Buffer.from(text, 'utf8');
  return hash(bytes, bytes.length);
}

/** MurmurHash2 (32 bits, signed) with the seed of Kafka's `org.apache.kafka.common.utils.Utils.murmur2`. */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  const m = 0x5bd1e995;
  const whole = length & ~3;
  let h = 0x9747b28c ^ length;
  for (let i = 0; i < whole; i += 4) {
    let k = imul(word(bytes, i), m);
    k ^= k >>> 24;
    h = imul(h, m) ^ imul(k, m);
  }
  if (whole < length) h = imul(h ^ tail(bytes, whole, length), m);
  h ^= h >>> 13;
  h = imul(h, m);
  return h ^ (h >>> 15);
}

function murmur3(bytes: Uint8Array, length: number): number {
  const whole = length & ~3;
  let h = 0;
  for (let i = 0; i < whole; i += 4) {
    h ^= mix(word(bytes, i), 0xcc9e2d51, 15, 0x1b873593);
    h = (imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (whole < length) h ^= mix(tail(bytes, whole, length), 0xcc9e2d51, 15, 0x1b873593);
  return fmix(h ^ length) >>> 0;
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

/**
 * MurmurHash3_x86_128 in place: `lanes` (4 words) holds the seed before and the hash after. The standard function has
 * the same seed in all four; other lanes chain hashes, so that (source, id) needs no joining.
 */
export function hash128(bytes: Uint8Array, lanes: Uint32Array, length = bytes.length): void {
  const whole = length & ~15;
  let h1 = lanes[0]! | 0;
  let h2 = lanes[1]! | 0;
  let h3 = lanes[2]! | 0;
  let h4 = lanes[3]! | 0;
  for (let i = 0; i < whole; i += 16) {
    h1 ^= mix(word(bytes, i), C1, 15, C2);
    h1 = (imul((((h1 << 19) | (h1 >>> 13)) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= mix(word(bytes, i + 4), C2, 16, C3);
    h2 = (imul((((h2 << 17) | (h2 >>> 15)) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= mix(word(bytes, i + 8), C3, 17, C4);
    h3 = (imul((((h3 << 15) | (h3 >>> 17)) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= mix(word(bytes, i + 12), C4, 18, C1);
    h4 = (imul((((h4 << 13) | (h4 >>> 19)) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  if (length > whole + 12) h4 ^= mix(tail(bytes, whole + 12, length), C4, 18, C1);
  if (length > whole + 8) h3 ^= mix(tail(bytes, whole + 8, length), C3, 17, C4);
  if (length > whole + 4) h2 ^= mix(tail(bytes, whole + 4, length), C2, 16, C3);
  if (length > whole) h1 ^= mix(tail(bytes, whole, length), C1, 15, C2);
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = fmix(h1);
  h2 = fmix(h2);
  h3 = fmix(h3);
  h4 = fmix(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  lanes[0] = h1;
  lanes[1] = h2 + h1;
  lanes[2] = h3 + h1;
  lanes[3] = h4 + h1;
}

/** `hash128` of a text's UTF-8 bytes. */
export function hashText(text: string, lanes: Uint32Array): void {
  overUtf8(text, (bytes, length) => hash128(bytes, lanes, length));
}

/** The 128-bit hash of a text's UTF-8 bytes, seed 0, as 32 hex digits. */
export function hashHex(text: string): string {
  const lanes = new Uint32Array(4);
  hashText(text, lanes);
  return Array.from(lanes, (lane) => lane.toString(16).padStart(8, '0')).join('');
}

const pair = new Uint32Array(4);

/** 96 bits of the hash of two texts (chained, so that no text must be joined), as 24 hex digits. */
export function hashHex96(first: string, second: string): string {
  pair.fill(0);
  hashText(first, pair);
  hashText(second, pair);
  return hex8(pair[0]!) + hex8(pair[1]!) + hex8(pair[2]!);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hex8 = (lane: number) =>
  HEX[lane >>> 24]! + HEX[(lane >>> 16) & 255]! + HEX[(lane >>> 8) & 255]! + HEX[lane & 255]!;

/** Four bytes, little-endian. */
function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Up to four bytes, little-endian, as many as there are. */
function tail(bytes: Uint8Array, at: number, length: number): number {
  let k = 0;
  for (let i = Math.min(length, at + 4) - 1; i >= at; i--) k = (k << 8) | bytes[i]!;
  return k;
}

function mix(k: number, by: number, rotate: number, then: number): number {
  const mixed = imul(k, by);
  return imul((mixed << rotate) | (mixed >>> (32 - rotate)), then);
}

function fmix(h: number): number {
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
