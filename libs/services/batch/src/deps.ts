/** What the batch layer is made of. */
import { FRAME_CELLS } from '@tenon/contracts';
import type { Plan, SourceDefinition } from '@tenon/domain';
import type {
  Bus,
  Clock,
  Engine,
  EventLog,
  Ids,
  Lake,
  Logger,
  LossBook,
  Metrics,
  ProductStore,
  ServedPointers,
  Tracer,
  TroubleBook,
} from '@tenon/ports';
import type { ReadThrottle } from '@tenon/views';

export interface BatchConfig {
  /** Records per file of the archive at most. */
  readonly maxFileRecords: number;
  /** Bytes of records that one source may hold in memory before it writes. */
  readonly maxHeldBytes: number;
  /** Records are handed to the engine by so many, which spreads the work that is due at a cut. */
  readonly addRecords: number;
  /** Small files of the archive are made into files of about so many bytes. */
  readonly compactBytes: number;
  /** What nothing names any more is removed after this long, milliseconds: longer than a run reads. */
  readonly sweepGraceMs: number;
  /** Records of the archive that are older than this are removed, milliseconds; null: none is. */
  readonly archiveRetentionMs: number | null;
  /** A run whose generation is not served after this long is made again, milliseconds. */
  readonly rerunAfterMs: number;
  /** An instance that is silent for this long loses its runs to another, milliseconds. */
  readonly leaseMs: number;
  /** How old the log's records become at least before it lets them go, once they are archived, milliseconds; null: it keeps all. */
  readonly logRetentionMs: number | null;
  /** Cells per frame of a slice at most. */
  readonly frameCells: number;
  /** Cells per slice, about: what an instance of consumption lands by itself. */
  readonly sliceCells: number;
  /** What a run may take, milliseconds: beyond, it is given up, and its product isolated. Null: no bound. */
  readonly maxRunMs: number | null;
}

export const BATCH_DEFAULTS: BatchConfig = {
  maxFileRecords: 100_000,
  maxHeldBytes: 64 << 20,
  addRecords: 8192,
  compactBytes: 64 << 20,
  sweepGraceMs: 3_600_000,
  archiveRetentionMs: null,
  rerunAfterMs: 60_000,
  leaseMs: 10_000,
  logRetentionMs: null,
  frameCells: FRAME_CELLS,
  sliceCells: 16 * FRAME_CELLS,
  maxRunMs: null,
};

export interface BatchDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  /** Which generation a run builds on. */
  readonly pointers: ServedPointers;
  /** Records of the archive's beginning may have been accepted as lost. */
  readonly losses?: Pick<LossBook, 'read'>;
  /** For leases and the archive's manifest. */
  readonly store: Pick<ProductStore, 'transact' | 'snapshot'>;
  readonly lake: Lake;
  readonly engine: Engine;
  /** Where a product that fails alone is written down, so that its answers say so. */
  readonly troubles: TroubleBook;
  /** How fast what is built may be folded; absent: as fast as it can. */
  readonly throttle?: ReadThrottle;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly config: BatchConfig;
}
