// Which rows are shown, and in which order.
import { byTime } from './rows.js';
import { numeric } from './format.js';
/** @typedef {import('../../src/wire').Row} Row */
/** @typedef {(row: Row) => string} OfRow */

const RECENT_WINDOWS = 12;
const SETTLE_MILLIS = 5000;

/** A key for a reader. @param {string} key */
export function keyText(key) {
  /** @type {unknown[]} */
  const values = JSON.parse(key);
  return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' · ');
}

/**
 * What to show before anything was chosen: the key that is largest by a measure over the newest windows.
 * @param {import('./rows.js').Rows} rows @param {OfRow} keyOf @param {string} [measure]
 */
export function largestKey(rows, keyOf, measure = '') {
  /** @type {Map<string, number>} */
  const sizes = new Map();
  for (const row of rows
    .windows()
    .slice(-RECENT_WINDOWS)
    .flatMap((window) => rows.of(window))) {
    const key = keyOf(row);
    sizes.set(key, (sizes.get(key) ?? 0) + (numeric(row[measure]) ?? 0));
  }
  return [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** The first rows after a start come one after another: what is largest shows only after a while. */
export class Settling {
  /** @type {number | null} */
  #firstRowAt = null;

  /** @param {number} rows how many there are */
  stillOn(rows) {
    if (rows > 0) this.#firstRowAt ??= Date.now();
    return this.#firstRowAt !== null && Date.now() - this.#firstRowAt < SETTLE_MILLIS;
  }
}

/** @param {readonly Row[]} rows @param {OfRow} keyOf @param {string} text in any case; empty: all */
export function withText(rows, keyOf, text) {
  const wanted = text.trim().toLowerCase();
  return wanted === '' ? rows : rows.filter((row) => keyText(keyOf(row)).toLowerCase().includes(wanted));
}

/** Largest first; rows without a number come last. @param {readonly Row[]} rows @param {string | null} measure */
export function bySize(rows, measure) {
  /** @param {Row} row */
  const size = (row) => numeric(row[measure ?? '']) ?? -Infinity;
  return rows.toSorted((a, b) => size(b) - size(a) || (a._cell < b._cell ? -1 : 1));
}

/** @param {readonly Row[]} rows @param {OfRow} windowOf */
export const byNewest = (rows, windowOf) => rows.toSorted((a, b) => byTime(windowOf(b), windowOf(a)));
