/** The open epoch of one product in one lane: its states, and what of them has changed since the last flush. */
import type { WireCell } from '@tenon/contracts';
import type { Epoch, LedgerCounts, Offset, State, Value } from '@tenon/domain';
import { EMPTY_LEDGER, addLedgers, cellKey, laterOf, mergeInto, windowBegin } from '@tenon/domain';
import type { PartialCell } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';

interface LiveCell {
  readonly id: string;
  /** As JSON, made when it is first flushed: a cell is flushed often, and its key stays. */
  keyText: string | null;
  readonly key: readonly Value[];
  readonly states: State[];
}

/** What a flush says of the epoch up to its end. */
export interface TakenCells {
  readonly from: Offset;
  readonly cells: Iterable<WireCell>;
  readonly count: number;
  readonly ledger: LedgerCounts;
  readonly watermark: number | null;
  readonly horizon?: number;
}

export class ProductEpoch {
  private readonly cells = new Map<string, LiveCell>();
  private changed = new Set<LiveCell>();
  private ledger: LedgerCounts = EMPTY_LEDGER;
  private watermark: number | null = null;
  private horizon: number | null = null;
  /** The offset that the last flush reached: the next one begins there. */
  private flushed: Offset;

  constructor(
    readonly layout: ProductLayout,
    readonly epoch: Epoch,
    readonly start: Offset,
  ) {
    this.flushed = start;
  }

  /** Folds what a micro-batch gave this lane. */
  add(cells: readonly PartialCell[], counts: LedgerCounts): void {
    const { types, plan } = this.layout;
    let latest: string | null = null;
    for (const { key, states } of cells) {
      const id = cellKey(types, key);
      let cell = this.cells.get(id);
      if (cell === undefined) {
        cell = { id, keyText: null, key, states };
        this.cells.set(id, cell);
      } else {
        mergeInto(plan.states, cell.states, states);
      }
      this.changed.add(cell);
      const window = key[0];
      if (plan.window !== null && typeof window === 'string' && (latest === null || window > latest))
        latest = window;
    }
    if (latest !== null && plan.window !== null) {
      const begin = windowBegin(plan.window, latest);
      if (!Number.isNaN(begin)) this.watermark = Math.max(this.watermark ?? -Infinity, begin);
    }
    this.count(counts);
  }

  /** So many records went because of their age. @param horizon see `FlushFrame` */
  passOver(records: number, horizon: number): void {
    this.count({ ...EMPTY_LEDGER, expired: records });
    this.horizon = laterOf(this.horizon, horizon);
  }

  count(counts: LedgerCounts): void {
    this.ledger = addLedgers(this.ledger, counts);
  }

  /** What changed since the last flush, up to `to`; null if nothing was read since. */
  take(to: Offset): TakenCells | null {
    if (to <= this.flushed) return null;
    const from = this.flushed;
    const changed = this.changed;
    this.changed = new Set();
    this.flushed = to;
    const { ledger, watermark, horizon } = this;
    const states = { cells: textsOf(changed), count: changed.size };
    return { from, ...states, ledger, watermark, ...(horizon !== null && { horizon }) };
  }

  /** What is flushed by now, or was before this epoch. */
  get flushedTo(): Offset {
    return this.flushed;
  }

  /** Cells that have changed since. */
  get unflushed(): number {
    return this.changed.size;
  }

  get size(): number {
    return this.cells.size;
  }
}

function* textsOf(cells: Iterable<LiveCell>): Generator<WireCell> {
  for (const cell of cells) {
    cell.keyText ??= JSON.stringify(cell.key);
    yield { id: cell.id, key: cell.keyText, states: JSON.stringify(cell.states) };
  }
}
