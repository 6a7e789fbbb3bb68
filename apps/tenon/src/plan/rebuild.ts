/** What building a product anew has to read, and about how long that takes. */
import type { ProductChange, SourceChange, CatalogAnswer } from '@tenon/composition';

export interface Rebuild {
  /** Records of its source; null: nobody said. */
  readonly records: number | null;
  /** Those that are no barriers; null: nobody said. */
  readonly events: number | null;
  /** Of the archive's files; null: there are none, it is read from the log alone, or nobody said. */
  readonly bytes: number | null;
  /** About; null where the records are. */
  readonly seconds: number | null;
}

/** Records a second, from docs/benchmarks.md, rounded down: batch from the archive with its landing, and speed from the log. */
const RATES = { batch: 500_000, speed: 60_000 };

/** A version that is caught up has waited for a cut, a second look, a promote. */
const AT_LEAST = 1;

/** @returns null where nothing is built */
export function rebuildOf(
  { outcome, topology }: ProductChange,
  size: CatalogAnswer['sizes'][string] | undefined,
): Rebuild | null {
  if (outcome !== 'rebuild' && outcome !== 'added') return null;
  if (size === undefined) return { records: null, events: null, bytes: null, seconds: null };
  const byLog = topology === 'kappa';
  const seconds = AT_LEAST + Math.ceil(size.records / RATES[byLog ? 'speed' : 'batch']);
  return {
    records: size.records,
    events: size.events ?? null,
    bytes: byLog ? null : size.archivedBytes,
    seconds,
  };
}

export type Changed = SourceChange | (ProductChange & { readonly rebuild: Rebuild | null });
