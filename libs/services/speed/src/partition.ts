/**
 * One partition in the speed layer: where it stands, which ids it has seen, and the states of its open epoch for each
 * product. All of it can be lost: it is replayed from the last cut.
 */
import type { EpochCursor, LedgerCounts, Plan, State, Value } from '@tenon/domain';
import { DedupeWindow, EMPTY_LEDGER, addLedgers, cellKey, mergeInto, parseTimestamp } from '@tenon/domain';
import type { PartialCell } from '@tenon/ports';

interface LiveCell {
  readonly key: readonly Value[];
  readonly states: State[];
}

/** The open epoch of one product in one partition. */
export class ProductEpoch {
  private readonly cells = new Map<string, LiveCell>();
  private changed = new Set<LiveCell>();
  private ledger: LedgerCounts = EMPTY_LEDGER;
  private watermark: number | null = null;
  /** The offset that the last flush reached: the next one begins there. */
  private flushed: number;

  constructor(
    private readonly plan: Plan,
    private readonly types: readonly string[],
    readonly epoch: number,
    readonly start: number,
  ) {
    this.flushed = start;
  }

  /** Folds what a micro-batch gave this partition. */
  add(cells: readonly PartialCell[], counts: LedgerCounts): void {
    let latest: string | null = null;
    for (const { key, states } of cells) {
      const id = cellKey(this.types, key);
      let cell = this.cells.get(id);
      if (cell === undefined) {
        cell = { key, states };
        this.cells.set(id, cell);
      } else {
        mergeInto(this.plan.states, cell.states, states);
      }
      this.changed.add(cell);
      const window = key[0];
      if (this.plan.window !== null && typeof window === 'string' && (latest === null || window > latest))
        latest = window;
    }
    if (latest !== null)
      this.watermark = Math.max(this.watermark ?? -Infinity, parseTimestamp(latest) ?? -Infinity);
    this.count(counts);
  }

  count(counts: LedgerCounts): void {
    this.ledger = addLedgers(this.ledger, counts);
  }

  /** What changed since the last flush, up to `to`; null if nothing was read since. */
  take(
    to: number,
  ): { from: number; cells: LiveCell[]; ledger: LedgerCounts; watermark: number | null } | null {
    if (to <= this.flushed) return null;
    const from = this.flushed;
    const cells = [...this.changed];
    this.changed = new Set();
    this.flushed = to;
    return { from, cells, ledger: this.ledger, watermark: this.watermark };
  }

  get size(): number {
    return this.cells.size;
  }
}

/** One assigned partition. */
export class LivePartition {
  readonly dedupe: DedupeWindow;
  readonly products = new Map<string, ProductEpoch>();
  /** The next offset to take into states; records below it only fill the dedupe window. */
  next: number;

  constructor(
    readonly partition: number,
    public cursor: EpochCursor,
    dedupeWindow: number,
    private readonly plans: readonly { readonly plan: Plan; readonly types: readonly string[] }[],
  ) {
    this.dedupe = new DedupeWindow(dedupeWindow);
    this.next = cursor.start;
    this.open(cursor);
  }

  /** Begins an epoch with no states. */
  open(cursor: EpochCursor): void {
    this.cursor = cursor;
    for (const { plan, types } of this.plans)
      this.products.set(plan.product, new ProductEpoch(plan, types, cursor.epoch, cursor.start));
  }
}
