/** Reads one product: from one snapshot of the store to an answer that says what it is. */
import type { AnswerEnvelope, AnswerTrouble, Row, RowsAnswer } from '@tenon/contracts';
import { TOPICS } from '@tenon/contracts';
import type { LaneOffsets, LedgerCounts, State, Value } from '@tenon/domain';
import {
  answerStatus,
  cellId,
  cellStatus,
  countBetween,
  covers,
  formatTimestamp,
  isOver,
  laneKey,
  lanesOf,
  refusedShare,
  toVector,
  watermarkAt,
} from '@tenon/domain';
import type { Clock, Engine, EventLog, ProductStore, Trouble } from '@tenon/ports';
import type {
  Layer,
  LayerSnapshots,
  LayerStores,
  MergedCell,
  ProductLayout,
  ProductView,
} from '@tenon/views';
import { cellsByKey, cellsOf, hasGap, inOneStore, includedIn, ledgerOf, withView } from '@tenon/views';
import type { RowsQuery } from './query';
import { CHUNK_BYTES, sizeOf } from './page-size';
import { makeCursor, matches } from './query';

export interface ReaderDeps {
  readonly store: Pick<ProductStore, 'snapshot'>;
  readonly log: Pick<EventLog, 'endOffsets'>;
  readonly engine: Pick<Engine, 'finalize'>;
  readonly clock: Clock;
  /** Bytes of a page's rows; a page that would be larger ends sooner. */
  readonly maxAnswerBytes: number;
  /** A product that refuses more of its events than this is incomplete. */
  readonly maxRefusedPercent: number;
}

/** As an answer has it, times as texts. */
function troubleOf({ since, ...trouble }: Trouble): AnswerTrouble {
  return { ...trouble, since: formatTimestamp(since * 1000) };
}

/** A row on its way to an answer, with the key that it is ordered by. */
interface KeyedRow {
  readonly id: string;
  readonly row: Row;
}

/** What an SSE message carries. */
export interface LiveRows {
  readonly rows: readonly Row[];
  readonly removed: readonly string[];
  readonly answer: AnswerEnvelope;
}

export class ProductReader {
  private readonly stores: LayerStores;

  constructor(
    private readonly deps: ReaderDeps,
    readonly layout: ProductLayout,
  ) {
    this.stores = inOneStore(deps.store);
  }

  /** One page of rows. `query.after` is the caller's to wait for. */
  async rows(query: RowsQuery, asked: Readonly<Record<string, string>>): Promise<RowsAnswer> {
    const ends = this.ends();
    const { view, rows, next } = await withView(this.stores, this.layout, async (seen, snapshots) => ({
      view: seen,
      ...(await this.page(snapshots, seen, query, asked)),
    }));
    const { plan } = this.layout;
    return {
      product: plan.product,
      version: plan.version,
      rows: rows.map(({ row }) => row),
      answer: await this.envelope(
        view,
        query.layer,
        rows.map(({ row }) => row),
        ends,
      ),
      next,
    };
  }

  private async page(
    snapshots: LayerSnapshots,
    view: ProductView,
    query: RowsQuery,
    asked: Readonly<Record<string, string>>,
  ): Promise<{ rows: KeyedRow[]; next: string | null }> {
    const rows: KeyedRow[] = [];
    let cells: MergedCell[] = [];
    let waiting = 0;
    let size = 0;
    let full = false;
    const take = async () => {
      for (const one of await this.finalize(view, cells)) {
        if (one === null || full) continue;
        size += sizeOf(one.row);
        // A row that is too large by itself is a page of its own.
        full = size > this.deps.maxAnswerBytes && rows.length > 0;
        if (!full) rows.push(one);
      }
      cells = [];
      waiting = 0;
    };
    const range = { ...query.range, expected: query.limit + 1 };
    for await (const cell of cellsOf(snapshots, this.layout, view, query.layer, range)) {
      if (!matches(query.where, cell.key)) continue;
      cells.push(cell);
      waiting += sizeOf(cell.key as Value) + sizeOf(cell.states as unknown as Value);
      // One more than the page, to know whether there is a next one; HAVING may drop rows, so by chunks.
      if (rows.length + cells.length <= query.limit && waiting <= CHUNK_BYTES) continue;
      await take();
      if (rows.length > query.limit || full) break;
    }
    await take();
    const more = rows.length > query.limit;
    if (more) rows.length = query.limit;
    return { rows, next: more || full ? makeCursor(rows.at(-1)?.id ?? '', asked) : null };
  }

  /** Some cells by key, for live updates; `removed` names those that HAVING now drops. */
  async cells(ids: readonly string[]): Promise<LiveRows> {
    const ends = this.ends();
    const { view, cells, rows } = await withView(this.stores, this.layout, async (seen, snapshots) => {
      const all = await cellsByKey(snapshots, this.layout, seen, ids);
      const found = all.filter((cell) => cell !== undefined);
      return { view: seen, cells: found, rows: await this.finalize(seen, found) };
    });
    const kept = rows.flatMap((one) => one?.row ?? []);
    const removed = cells.flatMap((cell, index) => (rows[index] === null ? [cellId(cell.key)] : []));
    return { rows: kept, removed, answer: await this.envelope(view, 'merged', kept, ends) };
  }

  /** The view alone: what is included, without rows. */
  view(): Promise<ProductView> {
    return withView(this.stores, this.layout, async (view) => view);
  }

  /** True once the answers of a layer include these offsets; those of batch do from the cut after them on. */
  async includes(offsets: LaneOffsets, layer: Layer): Promise<boolean> {
    const view = await this.view();
    return covers(layer === 'batch' ? view.base.pointer.cut : includedIn(view), offsets);
  }

  private async finalize(view: ProductView, cells: readonly MergedCell[]): Promise<(KeyedRow | null)[]> {
    if (cells.length === 0) return [];
    const { plan, lateness } = this.layout;
    const watermark = watermarkAt(view.base.pointer, lateness);
    const rows = await this.deps.engine.finalize(
      plan,
      cells as readonly { key: readonly Value[]; states: readonly State[] }[],
    );
    return rows.map((row, index) => {
      if (row === null) return null;
      const cell = cells[index] as MergedCell;
      const values = Object.fromEntries(
        plan.columns.map((column, at) => [column.name, row.values[at] ?? null]),
      );
      const status = cellStatus({
        inBase: cell.base !== undefined,
        inSpeed: cell.inSpeed,
        amended: cell.base?.a === true,
        over: isOver(plan.window, cell.key[0], watermark),
      });
      const approximate = row.approximate.length > 0 ? { _approximate: row.approximate } : {};
      const errors = row.errors.length > 0 ? { _errors: row.errors as unknown as Value } : {};
      return {
        id: cell.id,
        row: { ...values, _cell: cellId(cell.key), _status: status, ...approximate, ...errors } as Row,
      };
    });
  }

  /**
   * Where the log ends, asked while the store is read: what was acknowledged before the request is included or counted as
   * behind. Null if the log can't be asked.
   */
  private ends(): Promise<LaneOffsets | null> {
    const ends = this.layout.sources.map(async (source) =>
      lanesOf(source, await this.deps.log.endOffsets(TOPICS.events(source))),
    );
    return Promise.all(ends).then(
      (all) => Object.assign({}, ...all) as LaneOffsets,
      () => null,
    );
  }

  async envelope(
    view: ProductView,
    layer: Layer,
    rows: readonly Row[],
    ends: Promise<LaneOffsets | null> = this.ends(),
  ): Promise<AnswerEnvelope> {
    const { plan, sources } = this.layout;
    const cut = this.complete(view.base.pointer.cut);
    const included = layer === 'batch' ? cut : includedIn(view);
    const end = await ends;
    const behind = end === null ? 0 : countBetween(included, end);
    // Where it can't be known how much is missing, the answer can't claim to be complete.
    const ledger = layer === 'batch' ? view.base.pointer.ledger : ledgerOf(view);
    const at = formatTimestamp(this.deps.clock.now() * 1000);
    const troubles = [...view.speed.troubles.map(troubleOf), ...this.refusals(ledger, at)];
    const missing = end === null || hasGap(view) || troubles.length > 0;
    return {
      topology: plan.topology,
      generation: view.base.pointer.generation,
      cut: toVector(cut, sources),
      included: toVector(included, sources),
      behind,
      deadLettered: ledger.deadLettered,
      status: answerStatus({ missing, behind, rows: rows.map((row) => row._status) }),
      at,
      ...(troubles.length > 0 && { troubles }),
    };
  }

  /** What refuses so much is not what people take it for, however well its numbers look. */
  private refusals(ledger: LedgerCounts, since: string): AnswerTrouble[] {
    const share = refusedShare(ledger);
    if (share * 100 <= this.deps.maxRefusedPercent) return [];
    const { product, source } = this.layout.plan;
    const reason = `${product} can't take ${ledger.deadLettered} events, ${Math.round(share * 100)} % of all: see tenon dlq list --source ${source} --product ${product}.`;
    return [{ layer: 'serving', code: 'many-refused', reason, since }];
  }

  /** All lanes, also those that nothing was written to yet. */
  private complete(offsets: LaneOffsets): LaneOffsets {
    return Object.fromEntries(
      this.layout.lanes.map(({ source, partition }) => {
        const lane = laneKey(source, partition);
        return [lane, offsets[lane] ?? 0];
      }),
    );
  }
}
