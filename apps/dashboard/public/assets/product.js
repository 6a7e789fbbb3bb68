// The product on display: its stream, its rows, the cells that are drawn, and how far its answers reach.
import { Rows, shapeOf } from './rows.js';
import { Settling, byNewest, bySize, largestKey, withText } from './choice.js';
import { LiveStream } from './live.js';
import { Rate, Zoom, partsOf, totalOf } from './seam.js';
import { cellQuery, readRows, windowQuery } from './history.js';
import { ApiError, api } from './api.js';
import { isNumeric } from './format.js';
/** @typedef {import('../../src/wire').Row} Row */
/** @typedef {import('../../src/wire').Answer} Answer */
/** @typedef {import('../../src/wire').Product} Product */
/** @typedef {import('../../src/wire').LiveMessage} LiveMessage */
/** @typedef {import('../../src/wire').Problem} Problem */
/** @typedef {{measure?: string | null, keys?: string[], span?: number, window?: string | null, filter?: string}} Wanted what the address asks for */

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
  /** Why this product may not be read with the token that one has. @type {Problem | null} */
  forbidden = null;
  receivedAt = 0;
  /** Cells on the chart; the first is the main one, whose numbers are shown. @type {string[]} */
  keys = [];
  /** Whether somebody chose them; else the largest is shown, as far as that is known. */
  chosen = false;
  /** @type {Map<string, Rows>} */
  series = new Map();
  /** @type {string | null} */
  measure = null;
  /** The window of the table; null: the newest. @type {string | null} */
  window = null;
  span = 48;
  filter = '';
  /** The table lists more rows than the page reads. */
  partial = false;
  /** The move of the cut that was seen last. @type {{at: number, records: number, generation: number} | null} */
  moved = null;
  zoom = new Zoom();
  rate = new Rate();
  /** Counts changes, so that views know when to compute again. */
  version = 0;

  #reach = 0;
  #settling = new Settling();
  #changed;
  #abort = new AbortController();
  /** Rows of the chosen window, apart: it may be older than all that `rows` may keep. @type {Rows | null} */
  #chosen = null;
  /** Cells whose history has been read. @type {Set<string>} */
  #looked = new Set();
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
    // An address may be older than the product's key.
    const fits = (/** @type {string} */ key) => JSON.parse(key).length === this.shape.dimensions.length;
    for (const key of wanted.keys?.filter(fits) ?? []) this.#addSeries(key);
    this.chosen = this.keys.length > 0;
    if (wanted.span && SPANS.includes(wanted.span)) this.span = wanted.span;
    this.filter = wanted.filter ?? '';
    if (wanted.window && product.window && !Number.isNaN(Date.parse(wanted.window)))
      this.#show(wanted.window);
    this.stream = new LiveStream(api.livePath(product.name, SNAPSHOT_ROWS), {
      snapshot: (message) => this.#take(message, true),
      rows: (message) => this.#take(message, false),
      up: () => {
        this.forbidden = null;
        this.#connection(null);
      },
      down: () => this.#connection(this.forbidden ? null : (this.lostSince ?? Date.now())),
      refused: () => void this.#askWhy(),
    });
  }

  stop() {
    this.#abort.abort();
    this.stream.close();
  }

  /** @param {(row: Row) => string} idOf @param {number} cap */
  #rowsOf(idOf, cap) {
    return new Rows({ cap, windowOf: this.shape.windowOf, idOf });
  }

  #held() {
    return [this.rows, ...(this.#chosen ? [this.#chosen] : []), ...this.series.values()];
  }

  /** @param {number | null} lostSince */
  #connection(lostSince) {
    this.lostSince = lostSince;
    this.#changed();
  }

  /** A refused stream does not say why; a question for a row does. */
  async #askWhy() {
    /** @type {Problem | null} */
    let problem = null;
    try {
      await api.rows(this.product.name, { 'option.limit': '1' }, this.#abort.signal);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      problem = error.problem;
    }
    // Whatever else it is may pass, and is told as a lost connection meanwhile.
    this.forbidden = problem?.status === 403 ? problem : null;
    this.#connection(this.forbidden ? null : this.lostSince);
  }

  /** @param {LiveMessage} message @param {boolean} whole */
  #take({ rows, removed, answer }, whole) {
    const reach = totalOf(partsOf(answer)).records;
    const published = this.answer !== null && this.answer.generation !== answer.generation;
    // A log that became shorter is another one. Else what is known stays on display until `refresh` has read it again.
    if (reach < this.#reach) for (const held of this.#held()) held.clear();
    this.rows.upsert(rows, reach);
    for (const held of this.#held()) held.remove(removed);
    this.#observe(answer, reach);
    this.#spread(rows, reach);
    if (!this.chosen && (whole || this.#settling.stillOn(this.rows.size))) this.#showLargest();
    // A published generation changes the status of rows that did not change otherwise.
    if (whole || published) void this.refresh();
    this.#touched();
  }

  #showLargest() {
    const key = largestKey(this.rows, this.shape.keyOf, this.numericMeasures[0]?.name);
    if (key === undefined || key === this.keys[0]) return;
    for (const shown of this.keys.splice(0)) this.series.delete(shown);
    this.#addSeries(key);
    void this.#reading(() => this.#history(key));
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
    this.forbidden = null;
  }

  /** Hands rows to whatever else holds them. @param {Iterable<Row>} rows @param {number} reach */
  #spread(rows, reach) {
    for (const row of rows) {
      this.series.get(this.shape.keyOf(row))?.upsert([row], reach);
      if (this.#chosen && this.shape.windowOf(row) === this.window) this.#chosen.upsert([row], reach);
    }
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

  /** Puts a cell on the chart, or takes it off. @param {string} key */
  toggle(key) {
    this.chosen = true;
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
    this.chosen = true;
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
    this.#show(window);
    if (window !== null) void this.#reading(() => this.#window(window));
    this.#touched();
  }

  /** @param {string | null} window */
  #show(window) {
    this.window = window;
    this.#chosen = window === null ? null : this.#rowsOf((row) => row._cell, ROW_CAP);
    this.#chosen?.upsert(this.rows.of(window ?? undefined), this.#reach);
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

  /** Whether a cell is known to have no row in the windows shown. @param {string} key */
  isEmpty(key) {
    return this.#looked.has(key) && this.series.get(key)?.size === 0;
  }

  /** @param {string} key */
  async #history(key) {
    const series = this.series.get(key);
    const query = cellQuery(this.product, this.shape.dimensions, key, this.rows.latest(), this.span);
    // A running total has one row, and the stream brings that.
    if (!series || !query || (!this.product.window && series.size > 0)) return;
    const wanted = (/** @type {Row} */ row) => this.shape.keyOf(row) === key;
    await this.#readInto(series, query, SERIES_CAP, wanted);
    this.#looked.add(key);
    this.#touched();
  }

  /** The rows of the table in full: of one window, or of a product that has none. @param {string | undefined} window */
  async #window(window) {
    const shape = this.product.window;
    if (shape && (!window || Number.isNaN(Date.parse(window)))) return;
    const query = shape && window ? windowQuery(shape, window) : {};
    const wanted = (/** @type {Row} */ row) => !shape || this.shape.windowOf(row) === window;
    this.partial = !(await this.#readInto(this.#chosen ?? this.rows, query, ROW_CAP, wanted));
  }

  /**
   * @param {Rows} target @param {Record<string, string>} query @param {number} most @param {(row: Row) => boolean} wanted
   * @returns {Promise<boolean>} false if there are more rows than `most`
   */
  async #readInto(target, query, most, wanted) {
    const read = await readRows(this.product.name, query, most, this.#abort.signal, (rows, reach) => {
      target.upsert(rows.filter(wanted), reach);
      this.#touched();
    });
    if (read) target.retain(read.cells, query['from'], query['to'], read.reach);
    return read !== null;
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

  /** The main cell's row in the chosen window, else in its newest. @returns {Row | undefined} */
  leadRow() {
    const rows = this.series.get(this.keys[0] ?? '');
    return rows?.of(this.window ?? rows.latest())[0];
  }

  /** What the table lists: one window's rows, or every window where there is no dimension. @returns {Row[]} */
  tableRows() {
    const { windowColumn, dimensions, keyOf, windowOf } = this.shape;
    if (windowColumn && dimensions.length === 0)
      return byNewest(this.series.get('[]')?.all() ?? [], windowOf);
    const rows = this.#chosen ? this.#chosen.all() : this.rows.of(this.rows.latest());
    return bySize(withText(rows, keyOf, this.filter), this.measure);
  }
}
