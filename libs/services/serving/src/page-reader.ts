/** Pages of a product's rows: those that are kept, and else read, at most once at a time. */
import type { Engine } from '@tenon/ports';
import type { CellTexts, LayerSnapshots, ProductLayout, ProductView } from '@tenon/views';
import { ALL_CELLS, cellTexts } from '@tenon/views';
import { CHUNK_BYTES, PART_CHARS } from './page-size';
import type { Page, ProductPages } from './pages';
import type { RowsQuery } from './query';
import { makeCursor } from './query';
import type { RowCaches } from './row-caches';
import { Rows } from './rows';

export interface PageReaderDeps {
  readonly engine: Pick<Engine, 'finalize'>;
  /** Bytes of a page's rows; a page that would be larger ends sooner. */
  readonly maxAnswerBytes: number;
  readonly caches: Pick<RowCaches, 'pages' | 'past'>;
}

export class PageReader {
  private readonly kept: ProductPages;
  private readonly pastKept: ProductPages;
  private readonly pastRows: Rows;
  private readonly maxAnswerBytes: number;
  /** Pages that were read and ended sooner, as they would have been larger than an answer may be. */
  short = 0;
  private readonly reading = new Map<
    RowsQuery,
    { readonly view: ProductView; readonly page: Promise<Page> }
  >();

  constructor(
    { engine, maxAnswerBytes, caches }: PageReaderDeps,
    private readonly layout: ProductLayout,
    private readonly rowsOf: Rows,
  ) {
    this.kept = caches.pages.product();
    this.pastKept = caches.past.pages.product();
    this.pastRows = new Rows(engine, layout, caches.past.rows.product());
    this.maxAnswerBytes = maxAnswerBytes;
  }

  /** A page that is kept. */
  known(view: ProductView, query: RowsQuery): Page | undefined {
    return this.kept.find(view, query);
  }

  /** Who asks the same of the same view shares the page, and while it is being read the reading. */
  async read(snapshots: LayerSnapshots, view: ProductView, query: RowsQuery): Promise<Page> {
    if (query.after !== null) return this.readPage(snapshots, view, query);
    // What was must not drive out what is.
    const kept = view.past === undefined ? this.kept : this.pastKept;
    const known = kept.find(view, query);
    if (known !== undefined) return known;
    const reading = this.reading.get(query);
    if (reading?.view === view) return reading.page;
    const page = this.readPage(snapshots, view, query);
    const begun = { view, page };
    this.reading.set(query, begun);
    try {
      kept.keep(view, query, await page);
      return await page;
    } finally {
      if (this.reading.get(query) === begun) this.reading.delete(query);
    }
  }

  private async readPage(snapshots: LayerSnapshots, view: ProductView, query: RowsQuery): Promise<Page> {
    const { limit, where, layer, range } = query;
    const rowsOf = view.past === undefined ? this.rowsOf : this.pastRows;
    const rows: string[] = [];
    let last = '';
    let provisional = false;
    let size = 0;
    let served = false;
    for await (const piece of cellTexts(snapshots, this.layout, view, layer, range))
      for (let at = 0; at < piece.length;) {
        // One more than the page, to know whether there is a next one; HAVING may drop rows, so by chunks.
        const end = chunkEnd(piece, at, limit + 1 - rows.length);
        const cells = at === 0 && end === piece.length ? piece : piece.slice(at, end);
        for (const row of await rowsOf.of(snapshots, view, cells, where)) {
          served ||= row !== undefined;
          if (row === undefined || row.text === null) continue;
          size += row.text.length;
          // A row that is too large by itself is a page of its own.
          const isLarge = size > this.maxAnswerBytes && rows.length > 0;
          if (isLarge && rows.length < limit) this.short += 1;
          if (rows.length === limit || isLarge)
            return { parts: partsOf(rows), provisional, next: makeCursor(last, query) };
          rows.push(row.text);
          last = row.id;
          if (row.status === 'provisional') provisional = true;
        }
        at = end;
      }
    if (!served && isWholeTotal(this.layout, query)) {
      const { text, status } = await this.rowsOf.ofNothing();
      if (text !== null) return { parts: [text], provisional: status === 'provisional', next: null };
    }
    return { parts: partsOf(rows), provisional, next: null };
  }
}

/** Of whole rows, commas between; none if there are no rows. */
export function partsOf(rows: readonly string[], most = PART_CHARS): string[] {
  const parts: string[] = [];
  for (let from = 0, to = 0; from < rows.length; from = to) {
    for (let size = 0; to < rows.length && size < most; to++) size += (rows[to] as string).length;
    parts.push(from === 0 && to === rows.length ? rows.join() : rows.slice(from, to).join());
  }
  return parts;
}

/** Whether the only row of a total, which is there before any event as in SQL, belongs to the page. */
const isWholeTotal = ({ plan }: ProductLayout, { range }: RowsQuery) =>
  plan.key.length === 0 && range.gte === ALL_CELLS.gte && range.lt === ALL_CELLS.lt;

/** Up to `count` cells, and of those that are large fewer at a time. */
function chunkEnd(piece: readonly CellTexts[], from: number, count: number): number {
  let bytes = 0;
  let end = from;
  for (const last = Math.min(piece.length, from + count); end < last && bytes < CHUNK_BYTES; end++) {
    const { base, speed } = piece[end] as CellTexts;
    bytes += base?.length ?? 0;
    for (const text of speed) bytes += text.length;
  }
  return end;
}
