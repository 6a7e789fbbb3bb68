/**
 * What the answer must be: recomputed from the list of accepted events and their positions, in plain code that shares
 * nothing with Tenon. Slow and obvious on purpose.
 */
import type { Flight } from './flights';
import type { Between, Cell, OracleProduct } from './products';

/** One record of a partition, by its offset. */
export type Entry =
  | { readonly kind: 'control'; readonly appendedAt: number }
  | { readonly kind: 'poison' }
  | {
      readonly kind: 'event';
      readonly flight: Flight;
      /** Same id, other data: another variant. */
      readonly variant: number;
      /** When it was appended, milliseconds. */
      readonly appendedAt: number;
    };

/** Partition → its records in the order of their offsets. */
export type Accepted = readonly (readonly Entry[])[];

export type Mark = 'event' | 'duplicate' | 'conflict' | 'control' | 'poison';

/** What each record is, by the rule of the dedupe window: an id counts once among `window` records of its partition. */
export function marksOf(partition: readonly Entry[], window: number): Mark[] {
  return partition.map((entry, offset) => {
    if (entry.kind !== 'event') return entry.kind;
    for (let before = offset - 1; before >= Math.max(0, offset - window); before--) {
      const other = partition[before];
      if (other?.kind === 'event' && other.flight.id === entry.flight.id)
        return other.variant === entry.variant ? 'duplicate' : 'conflict';
    }
    return 'event';
  });
}

export interface ExpectedLedger {
  aggregated: number;
  filtered: number;
  duplicate: number;
  deadLettered: number;
  expired: number;
  control: number;
  /** Of those that are dead-lettered. */
  conflicts: number;
}

export interface Expected {
  /** Key (as JSON) → the row; cells that HAVING drops are not in it. */
  readonly rows: ReadonlyMap<string, Readonly<Record<string, Cell | Between>>>;
  /** Keys of all cells, HAVING or not. */
  readonly cells: ReadonlySet<string>;
  readonly ledger: ExpectedLedger;
  /** The latest window's start, microseconds. */
  readonly latestWindow: number | null;
}

export type Vector = Readonly<Record<string, number>>;

/** The product over the records with `from` <= offset < `to` in each partition. */
export function recompute(
  product: OracleProduct,
  accepted: Accepted,
  marks: readonly (readonly Mark[])[],
  from: Vector,
  to: Vector,
): Expected {
  const groups = new Map<string, Flight[]>();
  const ledger = {
    ...{ aggregated: 0, filtered: 0, duplicate: 0, deadLettered: 0, expired: 0, control: 0 },
    conflicts: 0,
  };
  let latestWindow: number | null = null;
  accepted.forEach((entries, partition) => {
    for (let offset = from[partition] ?? 0; offset < (to[partition] ?? 0); offset++) {
      const entry = entries[offset] as Entry;
      const mark = (marks[partition] as Mark[])[offset] as Mark;
      if (mark === 'conflict') ledger.conflicts += 1;
      if (mark === 'control') ledger.control += 1;
      else if (mark === 'duplicate') ledger.duplicate += 1;
      else if (mark === 'conflict' || mark === 'poison' || entry.kind !== 'event') ledger.deadLettered += 1;
      else if (
        product.retentionMicros !== null &&
        entry.flight.micros < entry.appendedAt * 1000 - product.retentionMicros
      )
        ledger.expired += 1;
      else if (!product.keep(entry.flight)) ledger.filtered += 1;
      else {
        ledger.aggregated += 1;
        const key = JSON.stringify(product.key(entry.flight));
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [entry.flight]);
        else group.push(entry.flight);
        if (product.windowMicros !== null) {
          const start = Math.floor(entry.flight.micros / product.windowMicros) * product.windowMicros;
          latestWindow = Math.max(latestWindow ?? -Infinity, start);
        }
      }
    }
  });
  const rows = new Map<string, Readonly<Record<string, Cell | Between>>>();
  for (const [key, flights] of groups) {
    const row = product.row(flights);
    if (row !== null) rows.set(key, row);
  }
  return { rows, cells: new Set(groups.keys()), ledger, latestWindow };
}

/**
 * What rows have ended by to be past a product's retention at a cut, microseconds: the earliest of its barriers, the last record
 * before it in each partition, less the retention; null: none is.
 */
export function horizonOf(
  { retentionMicros, windowMicros }: OracleProduct,
  accepted: Accepted,
  cut: Vector,
): number | null {
  if (retentionMicros === null || windowMicros === null) return null;
  const times = accepted.map((entries, partition) => entries[(cut[partition] ?? 0) - 1]);
  if (times.some((entry) => entry?.kind !== 'control')) return null;
  return (
    Math.min(...times.map((entry) => (entry as Extract<Entry, { kind: 'control' }>).appendedAt)) * 1000 -
    retentionMicros
  );
}
