/** Reads one product: from one snapshot of the store to an answer that says what it is. */
import type { AnswerEnvelope, AnswerTrouble, RowsAnswer } from '@tenon/contracts';
import { TOPICS } from '@tenon/contracts';
import type { CellStatus, LaneOffsets, Pointer, Value } from '@tenon/domain';
import { covers, formatTimestamp, keptBy, keptGenerations, lanesOf } from '@tenon/domain';
import type { Clock, Engine, EventLog, ProductStore, StoreSnapshot } from '@tenon/ports';
import type {
  CellTexts,
  KnownView,
  Layer,
  LayerSnapshots,
  LayerStores,
  ProductLayout,
  ProductView,
} from '@tenon/views';
import { ALL_CELLS, cellTexts, inOneStore, pastView, readKept, textsByKey, withView } from '@tenon/views';
import type { AsOf } from './as-of';
import { meantBy, wasThere } from './as-of';
import { Envelopes } from './envelope';
import { Gathered } from './gathered';
import { CHUNK_BYTES } from './page-size';
import type { RowsQuery } from './query';
import { makeCursor } from './query';
import { Permalinks } from './permalink';
import { RowCache } from './row-cache';
import type { RowText } from './rows';
import { Rows } from './rows';

export interface ReaderDeps {
  readonly store: Pick<ProductStore, 'snapshot'>;
  readonly log: Pick<EventLog, 'endOffsets'>;
  readonly engine: Pick<Engine, 'finalize'>;
  readonly clock: Clock;
  /** Bytes of a page's rows; a page that would be larger ends sooner. */
  readonly maxAnswerBytes: number;
  /** A product that refuses more of its events than this is incomplete. */
  readonly maxRefusedPercent: number;
  readonly cache: RowCache;
}

/** An answer as it is sent. */
export interface ReadAnswer {
  readonly included: LaneOffsets;
  /** JSON of each row. */
  readonly rows: readonly string[];
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
  private readonly stores: LayerStores;
  private readonly known: KnownView = { version: -1, view: null };
  private readonly envelopes: Envelopes;
  private readonly rowsOf: Rows;
  private readonly pastRows: Rows;
  private readonly permalinks: Permalinks;
  private readonly logEnds: Gathered<LaneOffsets | null>;

  constructor(
    private readonly deps: ReaderDeps,
    readonly layout: ProductLayout,
  ) {
    this.stores = inOneStore(deps.store);
    this.envelopes = new Envelopes(layout, deps.maxRefusedPercent);
    this.rowsOf = new Rows(deps.engine, layout, deps.cache.product());
    this.pastRows = new Rows(deps.engine, layout, new RowCache(0).product());
    this.permalinks = new Permalinks(layout);
    this.logEnds = new Gathered(() => this.readEnds());
  }

  /** One page of rows. `query.after` is the caller's to wait for. @throws HttpProblem where `asOf` is of what is not there */
  async read(query: RowsQuery, asked: Readonly<Record<string, string>>): Promise<ReadAnswer> {
    const ends = this.ends();
    const { asOf, layer } = query;
    const { view, rows, next } = await this.withView(async (now, snapshots) => {
      const seen = asOf === null ? now : await this.past(asOf, layer, now, snapshots);
      return { view: seen, ...(await this.page(snapshots, seen, query, asked)) };
    });
    const end = await ends;
    const statuses = rows.map(({ status }) => status);
    const text = this.envelopes.text(view, layer, statuses, end, this.deps.clock.now());
    const said = {
      ...(view.past !== undefined &&
        view.base.pointer.generation > 0 && { servedAt: formatTimestamp(view.base.pointer.at * 1000) }),
      self: this.permalinks.of(view, layer, asked),
    };
    return {
      included: this.envelopes.included(view, layer),
      rows: rows.map(({ text }) => text as string),
      answer: `${text.slice(0, -1)},${JSON.stringify(said).slice(1)}`,
      next,
      tag: this.envelopes.tag(view, layer, end, this.deps.clock.now()),
    };
  }

  /** The same as an object. */
  async rows(query: RowsQuery, asked: Readonly<Record<string, string>>): Promise<RowsAnswer> {
    return JSON.parse(this.json(await this.read(query, asked))) as RowsAnswer;
  }

  /** An answer's body. */
  json({ rows, answer, next }: ReadAnswer): string {
    const { product, version } = this.layout.plan;
    const head = `{"product":${JSON.stringify(product)},"version":${version},"rows":[`;
    return `${head}${rows.join(',')}],"answer":${answer},"next":${JSON.stringify(next)}}`;
  }

  /** The generations that can be read, the served one first. */
  generations(): Promise<readonly Pointer[]> {
    return this.withView((now, { base }) => this.readable(now, base));
  }

  private async readable(now: ProductView, snapshot: StoreSnapshot): Promise<readonly Pointer[]> {
    const { layout } = this;
    return keptBy(now.base.pointer, await readKept(snapshot, layout), keptGenerations(layout.plan));
  }

  /** What is meant, as it was served. */
  private async past(
    asOf: AsOf,
    layer: Layer,
    now: ProductView,
    { base }: LayerSnapshots,
  ): Promise<ProductView> {
    const { layout } = this;
    const readable = await this.readable(now, base);
    const meant = meantBy(asOf, layer, layout, readable, now);
    if (meant === 'now') return now;
    const view = pastView(layout, readable, meant.pointer);
    const troubles = now.speed.troubles.filter((one) => wasThere(one, meant.pointer));
    return { ...view, speed: { ...view.speed, troubles } };
  }

  private async page(
    snapshots: LayerSnapshots,
    view: ProductView,
    query: RowsQuery,
    asked: Readonly<Record<string, string>>,
  ): Promise<{ rows: RowText[]; next: string | null }> {
    const { limit, where, layer } = query;
    // What was is not asked for again and again, and must not drive out what is.
    const rowsOf = view.past === undefined ? this.rowsOf : this.pastRows;
    const rows: RowText[] = [];
    let size = 0;
    let served = false;
    const more = (): string => makeCursor(rows.at(-1)?.id ?? '', this.layout.plan, asked);
    const range = { ...query.range, expected: limit + 1 };
    for await (const piece of cellTexts(snapshots, this.layout, view, layer, range))
      for (let at = 0; at < piece.length;) {
        // One more than the page, to know whether there is a next one; HAVING may drop rows, so by chunks.
        const end = chunkEnd(piece, at, limit + 1 - rows.length);
        for (const row of await rowsOf.of(
          view,
          at === 0 && end === piece.length ? piece : piece.slice(at, end),
          where,
        )) {
          served ||= row !== undefined;
          if (row === undefined || row.text === null) continue;
          size += row.text.length;
          // A row that is too large by itself is a page of its own.
          if (rows.length === limit || (size > this.deps.maxAnswerBytes && rows.length > 0))
            return { rows, next: more() };
          rows.push(row);
        }
        at = end;
      }
    if (!served && isWholeTotal(this.layout, query)) {
      const nothing = await this.rowsOf.ofNothing();
      if (nothing.text !== null) rows.push(nothing);
    }
    return { rows, next: null };
  }

  /** Some cells by key, for live updates. */
  async cells(ids: readonly string[]): Promise<LiveRows> {
    const ends = this.ends();
    const { view, rows } = await this.withView(async (seen, snapshots) => {
      const all = await textsByKey(snapshots, this.layout, seen, ids);
      const found = all.filter((cell) => cell !== undefined);
      return { view: seen, rows: await this.rowsOf.of(seen, found, []) };
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
    const ends = this.ends();
    const view = await this.view();
    return this.envelopes.tag(view, layer, await ends, this.deps.clock.now());
  }

  /** What is wrong with the product, as its answers say it now. */
  async troubles(): Promise<readonly AnswerTrouble[]> {
    return this.envelopes.troubles(await this.view(), this.deps.clock.now());
  }

  /** The view alone: what is included, without rows. */
  view(): Promise<ProductView> {
    return this.withView(async (view) => view);
  }

  private withView<T>(read: (view: ProductView, snapshots: LayerSnapshots) => Promise<T>): Promise<T> {
    return withView(this.stores, this.layout, read, this.known);
  }

  /** True once the answers of a layer include these offsets; those of batch do from the cut after them on. */
  async includes(offsets: LaneOffsets, layer: Layer): Promise<boolean> {
    return covers(this.envelopes.included(await this.view(), layer), offsets);
  }

  /**
   * Where the log ends, asked while the store is read: what was acknowledged before the request is included or counted as
   * behind. Null if the log can't be asked.
   */
  private ends(): Promise<LaneOffsets | null> {
    return this.logEnds.ask();
  }

  private readEnds(): Promise<LaneOffsets | null> {
    const ends = this.layout.sources.map(async (source) =>
      lanesOf(source, await this.deps.log.endOffsets(TOPICS.events(source))),
    );
    return Promise.all(ends).then(
      (all) => Object.assign({}, ...all) as LaneOffsets,
      () => null,
    );
  }

  async envelope(view: ProductView, layer: Layer, rows: readonly CellStatus[]): Promise<AnswerEnvelope> {
    const end = await this.ends();
    return this.envelopes.say(view, layer, rows, end, this.deps.clock.now()).envelope;
  }
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
