/**
 * The ledger of a range of the log, per product: every record of the range is in exactly one of these counts, so that
 * records = aggregated + filtered + duplicate + deadLettered + expired + control + lost, always.
 */
export interface LedgerCounts {
  /** Events that counted in at least one cell. */
  readonly aggregated: number;
  /** Events that the product's WHERE (or an empty unnest) left out. */
  readonly filtered: number;
  /** Events whose (source, id) stands earlier within the dedupe window. */
  readonly duplicate: number;
  /** Events that this product's SQL, or the reader, could not take. */
  readonly deadLettered: number;
  /** Events older than the product's retention. */
  readonly expired: number;
  /** Control records: barriers, ignored ones too. */
  readonly control: number;
  /** Records that were gone before they were counted, and whose loss an operator has accepted. Absent: none. */
  readonly lost?: number;
  /** Of `deadLettered`, events whose id another one had, with other data. Absent: none. */
  readonly conflicts?: number;
}

export const EMPTY_LEDGER: LedgerCounts = {
  aggregated: 0,
  filtered: 0,
  duplicate: 0,
  deadLettered: 0,
  expired: 0,
  control: 0,
};

export function addLedgers(a: LedgerCounts, b: LedgerCounts): LedgerCounts {
  const lost = (a.lost ?? 0) + (b.lost ?? 0);
  const conflicts = (a.conflicts ?? 0) + (b.conflicts ?? 0);
  return {
    aggregated: a.aggregated + b.aggregated,
    filtered: a.filtered + b.filtered,
    duplicate: a.duplicate + b.duplicate,
    deadLettered: a.deadLettered + b.deadLettered,
    expired: a.expired + b.expired,
    control: a.control + b.control,
    ...(lost > 0 && { lost }),
    ...(conflicts > 0 && { conflicts }),
  };
}

/** All records that the ledger accounts for. */
export function ledgerTotal({ conflicts: _, ...counts }: LedgerCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
