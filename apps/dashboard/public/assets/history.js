// What the stream does not bring, asked for by GET …/rows: older windows of a cell, and one window in full.
import { api } from './api.js';
import { partsOf, totalOf } from './seam.js';
/** @typedef {import('../../src/wire').Row} Row */
/** @typedef {import('../../src/wire').Product} Product */
/** @typedef {import('../../src/wire').ProductWindow} ProductWindow */
/** @typedef {import('../../src/wire').Value} Value */

const PAGE = 1000;

/** @param {number} millis */
const iso = (millis) => new Date(millis).toISOString();

/** The start of the window `count` windows before. @param {string} start @param {ProductWindow} window @param {number} count */
export function windowsBefore(start, window, count) {
  const at = new Date(Date.parse(start));
  if (Number.isNaN(at.getTime())) return start;
  if (window.sizeMonths > 0) at.setUTCMonth(at.getUTCMonth() - window.sizeMonths * count);
  else at.setTime(at.getTime() - (window.sizeMicros / 1000) * count);
  return at.toISOString();
}

/**
 * The query for one cell over its windows, or null where a value is no scalar and so cannot be asked for. Columns and options
 * have their prefix, since a column may be called as an option is.
 * @param {Product} product @param {readonly {name: string}[]} dimensions @param {string} key
 * @param {string | undefined} latest the newest window @param {number} span how many windows
 */
export function cellQuery(product, dimensions, key, latest, span) {
  /** @type {Value[]} */
  const values = JSON.parse(key);
  if (values.some((value) => typeof value === 'object' && value !== null)) return null;
  /** @type {Record<string, string>} */
  const query = {};
  if (product.window && latest) query['option.from'] = windowsBefore(latest, product.window, span);
  dimensions.forEach(({ name }, i) => {
    const value = values[i] ?? null;
    if (value === null) query[`null.${name}`] = 'true';
    else query[`where.${name}`] = String(value);
  });
  return query;
}

/** The query for one window. @param {ProductWindow} shape @param {string} start @returns {Record<string, string>} */
export function windowQuery(shape, start) {
  const end =
    shape.sizeMonths > 0 ? windowsBefore(start, shape, -1) : iso(Date.parse(start) + shape.sizeMicros / 1000);
  return { 'option.from': start, 'option.to': end };
}

/**
 * Follows the pages of a query until `most` rows. Pages are read one after another, so the first one's answer is what
 * all of them reach at least.
 * @param {string} name @param {Record<string, string>} query @param {number} most @param {AbortSignal} signal
 * @param {(rows: readonly Row[], reach: number) => void} use
 * @returns {Promise<{cells: Set<string>, reach: number} | null>} null if there were more rows than `most`
 */
export async function readRows(name, query, most, signal, use) {
  let cursor = null;
  let reach = Infinity;
  /** @type {Set<string>} */
  const cells = new Set();
  while (cells.size < most) {
    const limit = String(Math.min(PAGE, most - cells.size));
    const asked = { ...query, 'option.limit': limit, ...(cursor && { 'option.cursor': cursor }) };
    const page = await api.rows(name, asked, signal);
    const reached = totalOf(partsOf(page.answer)).records;
    reach = Math.min(reach, reached);
    use(page.rows, reached);
    for (const row of page.rows) cells.add(row._cell);
    cursor = page.next;
    if (!cursor || page.rows.length === 0) return { cells, reach };
  }
  return null;
}
