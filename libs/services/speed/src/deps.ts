/** What the speed layer is made of. */
import { FRAME_CELLS } from '@tenon/contracts';
import type { PassedOver } from '@tenon/telemetry';
import type { LetterLimits, Plan, SourceDefinition } from '@tenon/domain';
import { LETTER_LIMITS } from '@tenon/domain';
import type {
  Bus,
  Clock,
  Engine,
  EventLog,
  Ids,
  Logger,
  Metrics,
  OlderTier,
  ServedPointers,
  Tracer,
  TroubleBook,
} from '@tenon/ports';
import type { ReadThrottle } from '@tenon/views';

export interface SpeedConfig {
  /** Records of one micro-batch at most. */
  readonly maxRecords: number;
  /** Small micro-batches wait up to this long for company, milliseconds: fewer, larger ones when there is little to do. */
  readonly lingerMs: number;
  /** Cells per frame of a flush at most. */
  readonly frameCells: number;
  /** Dead letters of a source that an hour may hold. */
  readonly deadLetters: LetterLimits;
  /** Cells of open epochs that are held of one product at most: beyond, it is isolated. */
  readonly maxEpochCells: number;
  /** What a product may take of one micro-batch, milliseconds: beyond, it is isolated. Null: no bound. */
  readonly maxMicroBatchMs: number | null;
}

export const SPEED_DEFAULTS: SpeedConfig = {
  maxRecords: 20_000,
  lingerMs: 15,
  frameCells: FRAME_CELLS,
  deadLetters: LETTER_LIMITS,
  maxEpochCells: 2_000_000,
  maxMicroBatchMs: null,
};

export interface SpeedDeps {
  readonly log: EventLog;
  /** What is known of the older part of the log; absent: it has none. */
  readonly older?: Pick<OlderTier, 'next' | 'aged'>;
  readonly bus: Bus;
  /** From where to replay. */
  readonly pointers: ServedPointers;
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
  readonly passedOver?: PassedOver;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly config: SpeedConfig;
}
