/** What the landing zone is made of. */
import type { Plan, SourceDefinition } from '@tenon/domain';
import type {
  Bus,
  Clock,
  EventLog,
  Logger,
  Metrics,
  ProductStore,
  ServedPointers,
  Tracer,
  TroubleBook,
} from '@tenon/ports';

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

/** Where a product is landed: both layers in one store, or one layer in a store of its own. */
export interface LandingZone {
  readonly store: ProductStore;
  /** Where a product that fails alone is written down, so that its answers say so. */
  readonly troubles: TroubleBook;
  /** Absent: both. */
  readonly layer?: 'batch' | 'speed';
  /** Of speed alone: which base view the other store serves. */
  readonly served?: ServedPointers;
}

export interface ConsumptionDeps extends LandingZone {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  /** Where each product is landed; absent: all of them where these say. None: not by this process. */
  readonly zones?: (plan: Plan) => readonly LandingZone[];
  readonly config: ConsumptionConfig;
}
