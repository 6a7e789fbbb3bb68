// The rows that the page holds: bounded, whatever arrives. A row is replaced only by one of an answer that reaches as
// far in the log, so that a slow history request never undoes a live update.
/** @typedef {import('../../src/wire').Row} Row */
/** @typedef {import('../../src/wire').Product} Product */
/** @typedef {{row: Row, reach: number}} Entry `reach`: records that its answer included */

/** Sorts windows in time; what is no time goes first. @param {string} a @param {string} b */
export function byTime(a, b) {
  const [x, y] = [Date.parse(a), Date.parse(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : -1) : 1;
  return x - y || (a < b ? -1 : Number(a > b));
}

/** Reads a row's window and key by the product's columns. @param {Pick<Product, 'columns' | 'window'>} product */
export function shapeOf(product) {
  const windowColumn = product.window?.column ?? null;
  const dimensions = product.columns.filter(
    (column) => column.role === 'key' && column.name !== windowColumn,
  );
  const measures = product.columns.filter((column) => column.role !== 'key');
  return {
    windowColumn,
    dimensions,
    measures,
    /** @param {Row} row */
    windowOf: (row) => (windowColumn === null ? '' : String(row[windowColumn] ?? '')),
    /** The dimension values as one string. @param {Row} row */
    keyOf: (row) => JSON.stringify(dimensions.map((column) => row[column.name] ?? null)),
  };
}

/** Windows in order, each a bounded map from an id to its row; the oldest windows go first when there are too many rows. */
export class Rows {
  /** @type {Map<string, Map<string, Entry>>} */
  #windows = new Map();
  /** @type {string[] | null} */
  #order = null;
  #cap;
  #windowOf;
  #idOf;
  size = 0;
  dropped = false;

  /** @param {{cap: number, windowOf: (row: Row) => string, idOf: (row: Row) => string}} options */
  constructor({ cap, windowOf, idOf }) {
    this.#cap = cap;
    this.#windowOf = windowOf;
    this.#idOf = idOf;
  }

  clear() {
    this.#windows.clear();
    this.#order = null;
    this.size = 0;
    this.dropped = false;
  }

  /** @param {Iterable<Row>} rows @param {number} reach */
  upsert(rows, reach) {
    for (const row of rows) this.#put(row, reach);
    while (this.size > this.#cap) this.#evict();
  }

  /** @param {Row} row @param {number} reach */
  #put(row, reach) {
    const window = this.#windowOf(row);
    let cells = this.#windows.get(window);
    if (!cells) {
      this.#windows.set(window, (cells = new Map()));
      this.#order = null;
    }
    const id = this.#idOf(row);
    const known = cells.get(id);
    if (known && known.reach > reach) return;
    // Deleting first moves it to the end: the map's order is that of the last change.
    if (known) cells.delete(id);
    else this.size++;
    cells.set(id, { row, reach });
  }

  /** @param {readonly string[] | undefined} cells by `_cell` */
  remove(cells) {
    if (!cells?.length) return;
    const gone = new Set(cells);
    this.#drop(({ row }) => gone.has(row._cell));
  }

  /**
   * Drops what an answer that reaches `reach` would have held and did not: its rows are gone, not only unchanged.
   * @param {ReadonlySet<string>} cells the answer's rows, by `_cell` @param {string | undefined} from its first window
   * @param {string | undefined} to the first window after it @param {number} reach
   */
  retain(cells, from, to, reach) {
    /** @param {string} window */
    const within = (window) => (!from || byTime(window, from) >= 0) && (!to || byTime(window, to) < 0);
    this.#drop((entry, window) => entry.reach < reach && !cells.has(entry.row._cell) && within(window));
  }

  /** @param {(entry: Entry, window: string) => boolean} gone */
  #drop(gone) {
    for (const [window, cells] of this.#windows) {
      for (const [id, entry] of cells) if (gone(entry, window) && cells.delete(id)) this.size--;
      if (cells.size === 0 && this.#windows.delete(window)) this.#order = null;
    }
  }

  #evict() {
    const oldest = /** @type {string} */ (this.windows()[0]);
    const cells = /** @type {Map<string, Entry>} */ (this.#windows.get(oldest));
    this.dropped = true;
    if (this.#windows.size > 1) {
      this.#windows.delete(oldest);
      this.#order?.shift();
      this.size -= cells.size;
      return;
    }
    for (const id of cells.keys()) {
      if (this.size <= this.#cap) return;
      cells.delete(id);
      this.size--;
    }
  }

  /** Oldest first. @returns {readonly string[]} */
  windows() {
    return (this.#order ??= [...this.#windows.keys()].sort(byTime));
  }

  latest() {
    return this.windows().at(-1);
  }

  /** @param {string | undefined} window @returns {Row[]} */
  of(window) {
    return [...(this.#windows.get(window ?? '')?.values() ?? [])].map((entry) => entry.row);
  }

  /** Every row, oldest window first. @returns {Row[]} */
  all() {
    return this.windows().flatMap((window) => this.of(window));
  }
}
