/** What the landing zone is made of. */
import type { Plan, SourceDefinition } from '@tenon/domain';
import type { Bus, Clock, EventLog, Logger, Metrics, ProductStore, Tracer, TroubleBook } from '@tenon/ports';

export interface ConsumptionConfig {
  /** Messages read at once. */
  readonly maxMessages: number;
  /** How long superseded rows are kept, milliseconds; longer than any read. */
  readonly graceMs: number;
  /** A transaction lands about this many cells of flushes, however many messages wait. */
  readonly landCells: number;
  /** A transaction folds this many cells into a base view at most, so that flushes land in between. */
  readonly foldCells: number;
  /** A lane that does not get on for this long although the log has more is replayed, milliseconds. */
  readonly stallMs: number;
}

export const CONSUMPTION_DEFAULTS: ConsumptionConfig = {
  maxMessages: 512,
  graceMs: 30_000,
  landCells: 8000,
  foldCells: 2000,
  stallMs: 10_000,
};

export interface ConsumptionDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly store: ProductStore;
  /** Where a product that fails alone is written down, so that its answers say so. */
  readonly troubles: TroubleBook;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly config: ConsumptionConfig;
}
