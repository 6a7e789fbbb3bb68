import type { LetterLimits } from '@tenon/domain';
import { LETTER_LIMITS } from '@tenon/domain';

/** What ingestion can be told. Sizes in bytes, times in milliseconds. */
export interface IngestionConfig {
  /** How often a cut is made; null: only on command. */
  readonly cutEveryMs: number | null;
  /** A body that is read whole (all but NDJSON): 413 above. */
  readonly maxBodyBytes: number;
  /** One event, or one line of NDJSON: 413 above. CloudEvents asks for at least 64 KiB. */
  readonly maxEventBytes: number;
  /** The text of an event's key, in bytes: 422 above. */
  readonly maxKeyBytes: number;
  /** Events in one JSON array or CloudEvents batch: 413 above. An NDJSON stream has no limit. */
  readonly maxArrayItems: number;
  /** Items that an answer lists; `itemsOmitted` counts the others. */
  readonly maxAnswerItems: number;
  /** Event times further ahead of the clock than this are refused: 422. */
  readonly maxFutureMs: number;
  /** Event times further behind the clock than this are taken, and counted as late. */
  readonly lateAfterMs: number;
  /** Events and bytes of an NDJSON stream that are appended in one piece. */
  readonly chunkEvents: number;
  readonly chunkBytes: number;
  /** Pieces of one stream that may be on their way to the log while the next one is read. */
  readonly chunksInFlight: number;
  /** Dead letters of a source that an hour may hold. */
  readonly deadLetters: LetterLimits;
}

export const INGESTION_DEFAULTS: IngestionConfig = {
  cutEveryMs: 60_000,
  maxBodyBytes: 8 * 1024 * 1024,
  maxEventBytes: 1024 * 1024,
  maxKeyBytes: 4096,
  maxArrayItems: 10_000,
  maxAnswerItems: 10_000,
  maxFutureMs: 24 * 3_600_000,
  lateAfterMs: 3_600_000,
  chunkEvents: 2_000,
  chunkBytes: 1024 * 1024,
  chunksInFlight: 4,
  deadLetters: LETTER_LIMITS,
};
