// The product on display: its stream, its rows, the cells that are drawn, and how far its answers reach.
import { Rows, byTime, shapeOf } from './rows.js';
import { LiveStream } from './live.js';
import { Rate, Zoom, partsOf, totalOf } from './seam.js';
import { cellQuery, readRows, windowQuery } from './history.js';
import { ApiError, api } from './api.js';
import { isNumeric, numeric } from './format.js';
/** @typedef {import('../../src/wire').Row} Row */
/** @typedef {import('../../src/wire').Answer} Answer */
/** @typedef {import('../../src/wire').Product} Product */
/** @typedef {import('../../src/wire').LiveMessage} LiveMessage */
/** @typedef {import('../../src/wire').Problem} Problem */
/** @typedef {{measure?: string | null, keys?: string[], span?: number}} Wanted what the address asks for */

const ROW_CAP = 5000;
const SERIES_CAP = 2000;
const SNAPSHOT_ROWS = 2000;
export const SERIES_LIMIT = 4;
export const SPANS = [48, 200, 1000];

export class ProductView {
  /** @type {Answer | null} */
  answer = null;
  /** A history request that failed: what is shown may lack rows. @type {Problem | null} */
  problem = null;
  /** Since when the stream is down. @type {number | null} */
  lostSince = null;
  receivedAt = 0;
  /** Cells on the chart; the first is the main one, whose numbers are shown. @type {string[]} */
  keys = [];
  /** @type {Map<string, Rows>} */
  series = new Map();
  /** @type {string | null} */
  measure = null;
  /** The window of the table; null: the newest. @type {string | null} */
  window = null;
  span = 48;
  filter = '';
  /** The move of the cut that was seen last. @type {{at: number, records: number, generation: number} | null} */
  moved = null;
  zoom = new Zoom();
  rate = new Rate();
  /** Counts changes, so that views know when to compute again. */
  version = 0;

  #reach = 0;
  #stream;
  #changed;
  #abort = new AbortController();
  /** Rows of the chosen window, apart: it may be older than all that `rows` may keep. @type {Rows | null} */
  #chosen = null;
  #refreshing = false;
  #refreshAgain = false;

  /** @param {Product} product @param {() => void} changed @param {Wanted} [wanted] */
  constructor(product, changed, wanted = {}) {
    this.product = product;
    this.shape = shapeOf(product);
    this.rows = this.#rowsOf((row) => row._cell, ROW_CAP);
    this.#changed = changed;
    this.numericMeasures = this.shape.measures.filter((column) => isNumeric(column.type));
    const asked = this.shape.measures.find((column) => column.name === wanted.measure);
    this.measure = (asked ?? this.numericMeasures[0] ?? this.shape.measures[0])?.name ?? null;
    for (const key of wanted.keys ?? []) if (this.#fits(key)) this.#addSeries(key);
    if (wanted.span && SPANS.includes(wanted.span)) this.span = wanted.span;
    this.#stream = new LiveStream(api.livePath(product.name, SNAPSHOT_ROWS), {
      snapshot: (message) => this.#take(message, true),
      rows: (message) => this.#take(message, false),
      up: () => this.#connection(null),
      down: () => this.#connection(this.lostSince ?? Date.now()),
    });
  }

  start() {
    this.#stream.open();
  }

  /** Closes the stream while nobody looks: browsers allow six connections to a server, over all tabs. */
  pause() {
    this.#stream.close();
  }

  hurry() {
    this.#stream.hurry();
  }

  stop() {
    this.#abort.abort();
    this.#stream.close();
  }

  /** @param {(row: Row) => string} idOf @param {number} cap */
  #rowsOf(idOf, cap) {
    return new Rows({ cap, windowOf: this.shape.windowOf, idOf });
  }

  /** @param {number | null} lostSince */
  #connection(lostSince) {
    this.lostSince = lostSince;
    this.#changed();
  }

  /** @param {LiveMessage} message @param {boolean} whole */
  #take({ rows, removed, answer }, whole) {
    const reach = totalOf(partsOf(answer)).records;
    const published = this.answer !== null && this.answer.generation !== answer.generation;
    if (whole) this.rows.clear();
    // A log that became shorter is another one.
    if (reach < this.#reach) for (const series of this.series.values()) series.clear();
    this.rows.upsert(rows, reach);
    for (const held of [this.rows, this.#chosen, ...this.series.values()]) held?.remove(removed);
    this.#observe(answer, reach);
    this.#spread(rows, reach);
    if (this.keys.length === 0) this.#chooseKey();
    // A published generation changes the status of rows that did not change otherwise.
    if (whole || published) void this.refresh();
    this.#touched();
  }

  /** @param {Answer} answer @param {number} reach */
  #observe(answer, reach) {
    const parts = partsOf(answer);
    const now = Date.now();
    if (this.answer && answer.generation > this.answer.generation) {
      const records = totalOf(parts).batch - totalOf(partsOf(this.answer)).batch;
      this.moved = { at: now, records, generation: answer.generation };
    }
    this.zoom.observe(parts, answer.generation);
    this.rate.observe(now, reach);
    this.#reach = reach;
    this.answer = answer;
    this.receivedAt = now;
    this.lostSince = null;
  }

  /** Hands rows to whatever else holds them. @param {Iterable<Row>} rows @param {number} reach */
  #spread(rows, reach) {
    for (const row of rows) {
      this.series.get(this.shape.keyOf(row))?.upsert([row], reach);
      if (this.#chosen && this.shape.windowOf(row) === this.window) this.#chosen.upsert([row], reach);
    }
  }

  /** Without a choice: the cell that is largest by the first measure in the newest windows. */
  #chooseKey() {
    const column = this.numericMeasures[0]?.name ?? '';
    /** @type {Map<string, number>} */
    const sizes = new Map();
    for (const window of this.rows.windows().slice(-12)) {
      for (const row of this.rows.of(window)) {
        const key = this.shape.keyOf(row);
        sizes.set(key, (sizes.get(key) ?? 0) + (numeric(row[column]) ?? 0));
      }
    }
    const [largest] = [...sizes].sort((a, b) => b[1] - a[1]);
    if (largest) this.#addSeries(largest[0]);
  }

  /** @param {string} key */
  #addSeries(key) {
    if (this.series.has(key)) return;
    if (this.keys.length >= SERIES_LIMIT) this.series.delete(/** @type {string} */ (this.keys.pop()));
    const rows = this.#rowsOf(() => '', SERIES_CAP);
    rows.upsert(
      this.rows.all().filter((row) => this.shape.keyOf(row) === key),
      this.#reach,
    );
    this.series.set(key, rows);
    this.keys.push(key);
  }

  /** An address may be older than the product's key. @param {string} key */
  #fits(key) {
    return JSON.parse(key).length === this.shape.dimensions.length;
  }

  /** Puts a cell on the chart, or takes it off. @param {string} key */
  toggle(key) {
    if (!this.series.has(key)) {
      this.#addSeries(key);
      void this.#reading(() => this.#history(key));
    } else if (this.keys.length > 1) {
      this.series.delete(key);
      this.keys = this.keys.filter((other) => other !== key);
    }
    this.#touched();
  }

  /** Makes a cell the main one, in place of the one before or, where it is drawn already, ahead of it. @param {string} key */
  lead(key) {
    if (!this.series.has(key)) {
      const before = this.keys.shift();
      if (before !== undefined) this.series.delete(before);
      this.toggle(key);
    }
    this.keys = [key, ...this.keys.filter((other) => other !== key)];
    this.#touched();
  }

  /** @param {string} measure */
  chooseMeasure(measure) {
    this.measure = measure;
    this.#touched();
  }

  /** @param {number} span in windows */
  chooseSpan(span) {
    this.span = span;
    for (const key of this.keys) void this.#reading(() => this.#history(key));
    this.#touched();
  }

  /** @param {string | null} window null: follow the newest */
  chooseWindow(window) {
    this.window = window;
    this.#chosen = window === null ? null : this.#rowsOf((row) => row._cell, ROW_CAP);
    this.#chosen?.upsert(this.rows.of(window ?? undefined), this.#reach);
    if (window !== null) void this.#reading(() => this.#window(window));
    this.#touched();
  }

  /** @param {string} filter */
  chooseFilter(filter) {
    this.filter = filter;
    this.#touched();
  }

  #touched() {
    this.version++;
    this.#changed();
  }

  /** Reads again what the stream does not bring. While it runs, further calls make one more run after it. */
  async refresh() {
    this.#refreshAgain = true;
    if (this.#refreshing) return;
    this.#refreshing = true;
    while (this.#refreshAgain && !this.#abort.signal.aborted) {
      this.#refreshAgain = false;
      const window = this.window ?? this.rows.latest();
      await this.#reading(() =>
        Promise.all([...this.keys.map((key) => this.#history(key)), this.#window(window)]),
      );
    }
    this.#refreshing = false;
  }

  /** @param {string} key */
  async #history(key) {
    const query = cellQuery(this.product, this.shape.dimensions, key, this.rows.latest(), this.span);
    if (!query) return;
    const read = await readRows(this.product.name, query, SERIES_CAP, this.#abort.signal, (rows, reach) => {
      this.series.get(key)?.upsert(
        rows.filter((row) => this.shape.keyOf(row) === key),
        reach,
      );
      this.#touched();
    });
    if (read) this.series.get(key)?.retain(read.cells, query['from'], read.reach);
  }

  /** @param {string | undefined} window */
  async #window(window) {
    const shape = this.product.window;
    if (!window || !shape || Number.isNaN(Date.parse(window))) return;
    await readRows(
      this.product.name,
      windowQuery(shape, window),
      ROW_CAP,
      this.#abort.signal,
      (rows, reach) => {
        const target = this.window === null ? this.rows : this.#chosen;
        const inside = rows.filter((row) => this.shape.windowOf(row) === window);
        target?.upsert(inside, reach);
        this.#touched();
      },
    );
  }

  /** @param {() => Promise<unknown>} read */
  async #reading(read) {
    try {
      await read();
      this.problem = null;
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      // That no server answers is said by the connection's own notice.
      this.problem = error.problem.status === 0 ? null : error.problem;
    }
    this.#changed();
  }

  /** The main cell's row in its newest window. @returns {Row | undefined} */
  leadRow() {
    const rows = this.series.get(this.keys[0] ?? '');
    return rows?.of(rows.latest())[0];
  }

  /** What the table lists: one window's rows, or every window where there is no dimension. @returns {Row[]} */
  tableRows() {
    const { windowColumn, dimensions, windowOf, keyOf } = this.shape;
    if (windowColumn && dimensions.length === 0) {
      return (this.series.get('[]')?.all() ?? []).sort((a, b) => byTime(windowOf(b), windowOf(a)));
    }
    const measure = this.measure ?? '';
    /** @param {Row} row */
    const size = (row) => numeric(row[measure]) ?? -Infinity;
    const wanted = this.filter.trim().toLowerCase();
    const rows = this.#chosen ? this.#chosen.all() : this.rows.of(this.rows.latest());
    return rows
      .filter((row) => wanted === '' || this.keyText(keyOf(row)).toLowerCase().includes(wanted))
      .sort((a, b) => size(b) - size(a) || (a._cell < b._cell ? -1 : 1));
  }

  /** @param {string} key */
  keyText(key) {
    /** @type {unknown[]} */
    const values = JSON.parse(key);
    return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' · ');
  }
}
