/** Reads one product: from one snapshot of the store to an answer that says what it is. */
import type { AnswerEnvelope, AnswerTrouble, RowsAnswer } from '@tenon/contracts';
import type { CellStatus, LaneOffsets, Pointer, Value } from '@tenon/domain';
import { covers, formatTimestamp } from '@tenon/domain';
import { Unavailable } from '@tenon/errors';
import type { Clock, Engine, EventLog } from '@tenon/ports';
import type { Layer, LayerSnapshots, LayerStores, ProductLayout, ProductView } from '@tenon/views';
import { noView, textsByKey, viewNow, withView } from '@tenon/views';
import type { AsOf } from './as-of';
import { Envelopes } from './envelope';
import { LogEnds } from './log-ends';
import { PageReader } from './page-reader';
import type { Page } from './pages';
import { PastViews } from './past-views';
import { Permalinks } from './permalink';
import type { RowsQuery } from './query';
import type { RowCaches } from './row-caches';
import { Rows } from './rows';

export interface ReaderDeps {
  readonly stores: LayerStores;
  readonly log: Pick<EventLog, 'endOffsets' | 'endOffsetsNow'>;
  readonly engine: Pick<Engine, 'finalize'>;
  readonly clock: Clock;
  /** Bytes of a page's rows; a page that would be larger ends sooner. */
  readonly maxAnswerBytes: number;
  /** A product that refuses more of its events than this is incomplete. */
  readonly maxRefusedPercent: number;
  readonly caches: RowCaches;
}

/** An answer as it is sent. */
export interface ReadAnswer {
  readonly included: LaneOffsets;
  /** JSON of the rows, with commas between; of a large page in parts, each of whole rows. */
  readonly parts: readonly string[];
  /** JSON of the envelope. */
  readonly answer: string;
  readonly next: string | null;
  /** Names what it is made of (see `Envelopes.tag`). */
  readonly tag: string;
}

/** A row that is told to live clients. */
export interface LiveRow {
  readonly key: readonly Value[];
  readonly text: string;
}

/** What an SSE message carries. */
export interface LiveRows {
  readonly rows: readonly LiveRow[];
  /** The keys of those that HAVING now drops. */
  readonly removed: readonly (readonly Value[])[];
  /** JSON of the envelope. */
  readonly answer: string;
}

export class ProductReader {
  private readonly known = noView();
  private readonly envelopes: Envelopes;
  private readonly rowsOf: Rows;
  private readonly pages: PageReader;
  private readonly pastViews: PastViews;
  private readonly permalinks: Permalinks;
  private readonly logEnds: LogEnds;
  /** An answer's JSON up to its rows. */
  private readonly head: string;

  constructor(
    private readonly deps: ReaderDeps,
    readonly layout: ProductLayout,
  ) {
    this.envelopes = new Envelopes(layout, deps.maxRefusedPercent);
    this.rowsOf = new Rows(deps.engine, layout, deps.caches.rows.product());
    this.pages = new PageReader(deps, layout, this.rowsOf);
    this.pastViews = new PastViews(layout);
    this.permalinks = new Permalinks(layout);
    this.logEnds = new LogEnds(deps.log, layout);
    const { product, version } = layout.plan;
    this.head = `{"product":${JSON.stringify(product)},"version":${version},"rows":[`;
  }

  /** Pages that ended sooner: see `PageReader`. */
  get shortPages(): number {
    return this.pages.short;
  }

  /** One page of rows. `query.after` is the caller's to wait for. @throws HttpProblem where `asOf` is of what is not there */
  async read(query: RowsQuery): Promise<ReadAnswer> {
    const ends = this.logEnds.ask();
    const { asOf, layer } = query;
    let view: ProductView | undefined;
    const page = await this.withView(async (now, snapshots) => {
      view = asOf === null ? now : await this.past(asOf, layer, now, snapshots);
      return this.pages.read(snapshots, view, query);
    }, layer);
    return this.answer(view as ProductView, query, page, await ends);
  }

  /** The same of a page that is kept, without waiting; undefined where something has to be read for it. */
  readNow(query: RowsQuery): ReadAnswer | undefined {
    if (query.asOf !== null || query.after !== null) return undefined;
    const end = this.logEnds.now();
    const view = viewNow(this.deps.stores, this.known);
    if (end === undefined || view === undefined) return undefined;
    const page = this.pages.known(view, query);
    return page && this.answer(view, query, page, end);
  }

  private answer(view: ProductView, query: RowsQuery, page: Page, end: LaneOffsets | null): ReadAnswer {
    const { envelopes } = this;
    const { layer } = query;
    const now = this.deps.clock.now();
    const text = envelopes.text(view, layer, page.provisional ? PROVISIONAL : NO_ROWS, end, now);
    const { generation, at } = view.base.pointer;
    const served =
      view.past !== undefined && generation > 0 ? `,"servedAt":"${formatTimestamp(at * 1000)}"` : '';
    // What lacks a layer is what no question can ask for later.
    const self = view.missing === undefined ? `,"self":"${this.permalinks.of(view, query)}"` : '';
    return {
      included: envelopes.included(view, layer),
      parts: page.parts,
      answer: `${text.slice(0, -1)}${served}${self}}`,
      next: page.next,
      tag: envelopes.tag(view, layer, end, now),
    };
  }

  /** The same as an object. */
  async rows(query: RowsQuery): Promise<RowsAnswer> {
    return JSON.parse(this.json(await this.read(query))) as RowsAnswer;
  }

  /** An answer's body. */
  json(answer: ReadAnswer): string {
    const { parts } = answer;
    return `${this.head}${parts.length === 1 ? (parts[0] as string) : parts.join()}${endOf(answer)}`;
  }

  /** The same, part by part. */
  *jsonParts(answer: ReadAnswer): Generator<string> {
    yield this.head;
    for (const [index, part] of answer.parts.entries()) yield index === 0 ? part : `,${part}`;
    yield endOf(answer);
  }

  /** The generations that can be read, the served one first. */
  generations(): Promise<readonly Pointer[]> {
    return this.withView((now, { base }) => this.pastViews.pointers(now, base), 'batch');
  }

  /** What is meant, as it was served. */
  private past(asOf: AsOf, layer: Layer, now: ProductView, { base }: LayerSnapshots): Promise<ProductView> {
    // What speed's store alone knows of what was served is nothing.
    if (now.missing?.code === 'layer-away' && now.missing.layer === 'batch')
      throw new Unavailable(now.missing.reason);
    return this.pastViews.meant(asOf, layer, now, base);
  }

  /** Some cells by key, for live updates. */
  async cells(ids: readonly string[]): Promise<LiveRows> {
    const ends = this.logEnds.ask();
    const { view, rows } = await this.withView(async (seen, snapshots) => {
      const all = await textsByKey(snapshots, this.layout, seen, ids);
      const found = all.filter((cell) => cell !== undefined);
      return { view: seen, rows: await this.rowsOf.of(snapshots, seen, found, []) };
    });
    const kept = rows.filter((row) => row !== undefined);
    const shown = kept.filter((row) => row.text !== null);
    return {
      rows: shown.map(({ key, text }) => ({ key, text: text as string })),
      removed: kept.filter((row) => row.text === null).map(({ key }) => key),
      answer: this.envelopes.text(
        ...([view, 'merged', shown.map(({ status }) => status), await ends, this.deps.clock.now()] as const),
      ),
    };
  }

  /** What names the answers of a layer now, without reading any row. */
  async tag(layer: Layer): Promise<string> {
    const ends = this.logEnds.ask();
    const view = await this.view(layer);
    return this.envelopes.tag(view, layer, await ends, this.deps.clock.now());
  }

  /** The same without waiting; undefined where something has to be read for it. */
  tagNow(layer: Layer): string | undefined {
    const end = this.logEnds.now();
    const view = viewNow(this.deps.stores, this.known);
    if (end === undefined || view === undefined) return undefined;
    return this.envelopes.tag(view, layer, end, this.deps.clock.now());
  }

  /** What is wrong with the product, as its answers say it now. */
  async troubles(layer: Layer = 'merged'): Promise<readonly AnswerTrouble[]> {
    return this.envelopes.troubles(await this.view(layer), this.deps.clock.now());
  }

  /** The view alone: what is included, without rows. */
  view(layer: Layer = 'merged'): Promise<ProductView> {
    return this.withView(async (view) => view, layer);
  }

  private withView<T>(
    read: (view: ProductView, snapshots: LayerSnapshots) => Promise<T>,
    layer: Layer = 'merged',
  ): Promise<T> {
    return withView(this.deps.stores, this.layout, read, this.known, layer);
  }

  /** True once the answers of a layer include these offsets; those of batch do from the cut after them on. */
  async includes(offsets: LaneOffsets, layer: Layer): Promise<boolean> {
    return covers(this.envelopes.included(await this.view(layer), layer), offsets);
  }

  async envelope(view: ProductView, layer: Layer, rows: readonly CellStatus[]): Promise<AnswerEnvelope> {
    const end = await this.logEnds.ask();
    return this.envelopes.say(view, layer, rows, end, this.deps.clock.now()).envelope;
  }
}

const endOf = ({ answer, next }: ReadAnswer): string =>
  `],"answer":${answer},"next":${next === null ? 'null' : `"${next}"`}}`;

const NO_ROWS: readonly CellStatus[] = [];
const PROVISIONAL: readonly CellStatus[] = ['provisional'];
