/**
 * HyperLogLog registers (Flajolet et al. 2007) over a 64-bit hash (Heule, Nunkesser, Hall 2013), with the estimator of
 * Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6: unbiased over the
 * whole range without empirical tables. Standard error 1.04 / sqrt(2^precision).
 *
 * The state is one text, so that JSON keeps it short: `d` and a digit per register (its rho, 0 to 63); or, while at most
 * a quarter of the registers are set, `s` and per set register, ascending, its index (2 digits up to precision 12, else
 * 3) and its rho. Registers have one text, and the digits stand in ASCII order, so that texts merge without decoding.
 */
import { hashText } from '../hash';
import type { SpecOf, StateKind } from './kind';

/** The base64url alphabet in ASCII order. */
const DIGITS = Buffer.from('-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz', 'latin1');
const [DENSE, SPARSE] = [100, 115]; // d, s
const { clz32 } = Math;
const VALUES = new Uint8Array(128);
DIGITS.forEach((code, value) => (VALUES[code] = value));

export const hll: StateKind<SpecOf<'hll'>> = {
  merge: (spec, a, b) => mergeRegisters(spec.precision, a as string, b as string),
};

/**
 * The state of registers that an engine computed: index below 2^precision, rho from 1 to 64 - precision + 1.
 * An index may occur more than once; the largest rho counts.
 *
 * @returns null, the identity, if there are none
 */
export function hllFromRegisters(
  precision: number,
  pairs: readonly (readonly [index: number, rho: number])[],
): string | null {
  const registers = new Uint8Array(2 ** precision);
  for (const [index, rho] of pairs) if (rho > registers[index]!) registers[index] = rho;
  return pairs.length === 0 ? null : encode(precision, registers);
}

/** The registers of texts, by the first 64 bits of MurmurHash3_x86_128 over their UTF-8. */
export function hllOfTexts(precision: number, texts: Iterable<string>): string {
  const registers = new Uint8Array(2 ** precision);
  const lanes = new Uint32Array(4);
  for (const text of texts) {
    lanes.fill(0);
    hashText(text, lanes);
    const [high, low] = [lanes[0]!, lanes[1]!];
    const rest = high << precision;
    const rho = 1 + (rest === 0 ? 32 - precision + clz32(low) : clz32(rest));
    const index = high >>> (32 - precision);
    if (rho > registers[index]!) registers[index] = rho;
  }
  return encode(precision, registers);
}

/** @returns `a` or `b` itself if the other adds nothing */
export function mergeRegisters(precision: number, a: string, b: string): string {
  if (isSparseText(a)) return isSparseText(b) ? mergeSparse(precision, a, b) : raise(precision, b, a);
  return isSparseText(b) ? raise(precision, a, b) : mergeDense(a, b);
}

function mergeDense(a: string, b: string): string {
  const codes = Buffer.from(a, 'latin1');
  const others = Buffer.from(b, 'latin1');
  let changed = false;
  for (let i = 1; i < codes.length; i++) {
    if (others[i]! <= codes[i]!) continue;
    codes[i] = others[i]!;
    changed = true;
  }
  return changed ? codes.toString('latin1') : a;
}

/** Dense registers, raised by sparse ones. Most of the time nothing is to be raised, once a sketch has filled. */
function raise(precision: number, dense: string, sparse: string): string {
  const width = indexWidth(precision);
  let codes: Buffer | null = null;
  for (let at = 1; at < sparse.length; at += width + 1) {
    const register = 1 + indexAt(sparse, at, width);
    const rho = sparse.charCodeAt(at + width);
    if (rho > dense.charCodeAt(register)) (codes ??= Buffer.from(dense, 'latin1'))[register] = rho;
  }
  return codes === null ? dense : codes.toString('latin1');
}

/** Two sorted lists of entries become one. */
function mergeSparse(precision: number, a: string, b: string): string {
  const width = indexWidth(precision);
  const x = Buffer.from(a, 'latin1');
  const y = Buffer.from(b, 'latin1');
  const merged = Buffer.allocUnsafe(x.length + y.length);
  merged[0] = SPARSE;
  let length = 1;
  let [i, j] = [1, 1];
  while (i < x.length || j < y.length) {
    const order = j >= y.length ? -1 : i >= x.length ? 1 : compareDigits(x, i, y, j, width);
    const fromX = order < 0 || (order === 0 && x[i + width]! >= y[j + width]!);
    const source = fromX ? x : y;
    const at = fromX ? i : j;
    for (let k = at; k <= at + width; k++) merged[length++] = source[k]!;
    if (order <= 0) i += width + 1;
    if (order >= 0) j += width + 1;
  }
  const text = merged.toString('latin1', 0, length);
  return isSparse(precision, (length - 1) / (width + 1)) ? text : encode(precision, decode(precision, text));
}

function compareDigits(x: Uint8Array, i: number, y: Uint8Array, j: number, width: number): number {
  for (let k = 0; k < width; k++) {
    const order = x[i + k]! - y[j + k]!;
    if (order !== 0) return order;
  }
  return 0;
}

/** How many distinct values the registers have seen, not rounded. */
export function estimateCardinality(precision: number, state: string): number {
  const size = 2 ** precision;
  const top = 64 - precision + 1;
  const counts = new Array<number>(top + 1).fill(0);
  for (const rho of decode(precision, state)) counts[Math.min(rho, top)]! += 1;
  if (counts[0] === size) return 0;
  let z = size * tau(1 - counts[top]! / size);
  for (let k = top - 1; k >= 1; k--) z = 0.5 * (z + counts[k]!);
  z += size * sigma(counts[0]! / size);
  return ((size / (2 * Math.LN2)) * size) / z;
}

function sigma(share: number): number {
  let x = share;
  let y = 1;
  let z = x;
  for (let before = NaN; before !== z;) {
    before = z;
    x *= x;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - x;
  for (let before = NaN; before !== z;) {
    before = z;
    x = Math.sqrt(x);
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}

/** Characters of a register's index in the text of a few. */
export const indexWidth = (precision: number) => (precision <= 12 ? 2 : 3);

const isSparseText = (state: string) => state.charCodeAt(0) === SPARSE;

const isSparse = (precision: number, set: number) => set * 4 <= 2 ** precision;

function indexAt(state: string, at: number, width: number): number {
  let index = 0;
  for (let i = at; i < at + width; i++) index = (index << 6) | VALUES[state.charCodeAt(i)]!;
  return index;
}

function encode(precision: number, registers: Uint8Array): string {
  const width = indexWidth(precision);
  const set: number[] = [];
  for (let index = 0; index < registers.length; index++) if (registers[index] !== 0) set.push(index);
  if (!isSparse(precision, set.length)) {
    const codes = Buffer.allocUnsafe(registers.length + 1);
    codes[0] = DENSE;
    for (let index = 0; index < registers.length; index++) codes[index + 1] = DIGITS[registers[index]!]!;
    return codes.toString('latin1');
  }
  const codes = Buffer.allocUnsafe(set.length * (width + 1) + 1);
  codes[0] = SPARSE;
  let at = 1;
  for (const index of set) {
    for (let shift = (width - 1) * 6; shift >= 0; shift -= 6) codes[at++] = DIGITS[(index >> shift) & 63]!;
    codes[at++] = DIGITS[registers[index]!]!;
  }
  return codes.toString('latin1');
}

function decode(precision: number, state: string): Uint8Array {
  const registers = new Uint8Array(2 ** precision);
  if (!isSparseText(state)) {
    for (let index = 0; index < registers.length; index++)
      registers[index] = VALUES[state.charCodeAt(index + 1)]!;
    return registers;
  }
  const width = indexWidth(precision);
  for (let at = 1; at < state.length; at += width + 1)
    registers[indexAt(state, at, width)] = VALUES[state.charCodeAt(at + width)]!;
  return registers;
}
