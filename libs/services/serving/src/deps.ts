/** What the serving layer is made of. */
import type { Plan, SourceDefinition } from '@tenon/domain';
import type {
  Bus,
  Clock,
  Engine,
  EventLog,
  Ids,
  Logger,
  Metrics,
  ProductStore,
  Tables,
  Tracer,
} from '@tenon/ports';
import type { LayerStores } from '@tenon/views';
import type { LiveConfig } from './live';
import { LIVE_DEFAULTS } from './live';
import type { LossDesk } from './losses';
import type { QuestionLimits } from './question-queue';
import type { ServingScope } from './scope';

export interface ServingConfig {
  readonly live: LiveConfig;
  /** How often a waiting read looks again when no hint comes, milliseconds. */
  readonly pollMs: number;
  /** Bytes of a page's rows at most. */
  readonly maxAnswerBytes: number;
  /** Bytes of large pages that are on their way to their clients, of all together. */
  readonly maxSendingBytes: number;
  /** A product that refuses more of its events than this, in percent, is incomplete. */
  readonly maxRefusedPercent: number;
  /** Bytes of rows that are kept for the next answers, of all products together. */
  readonly cacheBytes: number;
  /** Questions that are read at one time, and that wait for it. */
  readonly questions: QuestionLimits;
}

export const SERVING_DEFAULTS: ServingConfig = {
  live: LIVE_DEFAULTS,
  pollMs: 50,
  maxAnswerBytes: 32 << 20,
  maxSendingBytes: 256 << 20,
  maxRefusedPercent: 10,
  cacheBytes: 64 << 20,
  questions: { atOnce: 16, waiting: 1_000 },
};

export interface ServingDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  /** Which version each name serves, and of products in one store everything. */
  readonly store: Pick<ProductStore, 'snapshot' | 'versionNow'>;
  /** Where the layers of a product are; absent: in `store`. */
  readonly stores?: (plan: Plan) => LayerStores;
  /** Absent: all. */
  readonly scope?: ServingScope;
  /** Absent: nothing is known of losses. */
  readonly losses?: LossDesk;
  readonly engine: Engine;
  /** Absent: rows are given as JSON and CSV alone. */
  readonly tables?: Tables;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly config: ServingConfig;
}
