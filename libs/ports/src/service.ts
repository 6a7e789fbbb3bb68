import type { Offsets, Plan } from '@tenon/domain';
import type { Route } from './http';

/** A topic that a service reads, and how far this instance is. */
export interface LogReading {
  readonly topic: string;
  readonly group: string;
  /** Partition that this instance has → the offset that it reads next. */
  readonly next: Offsets;
  /** In a computation that may be long: standing still is no sign of trouble yet. */
  readonly busy?: boolean;
  /** It stands still by intent: it failed alone, is named for it, and begins anew after a pause. */
  readonly rests?: boolean;
}

/** Whether a service can do its work. */
export interface Readiness {
  readonly ok: boolean;
  /** Why not. */
  readonly reason?: string;
  /** What of it stands still while the rest goes on, in words. */
  readonly degraded?: readonly string[];
}

/** A running service, as the composition roots hold it. */
export interface RunningService {
  readonly name: 'ingestion' | 'speed' | 'batch' | 'archive' | 'consumption' | 'serving';
  readonly routes: readonly Route[];
  /** Ready to do its work; the reason where not. */
  ready(): Readiness;
  /** Numbers and facts for /v1/status. */
  status(): Record<string, unknown>;
  /** Facts for /v1/status that have to be read from somewhere. */
  overview?(): Promise<Record<string, unknown>>;
  /** What it reads of the log; absent: nothing. Lag follows from it, and whether its loop is stuck. */
  readings?(): readonly LogReading[];
  /** Rejects if the service fails for good; resolves when it has stopped. */
  readonly done: Promise<void>;
  /**
   * Goes on with other products of the same sources; those that stay are not interrupted. Once it throws, the service is to be
   * replaced. Absent: it has to be replaced.
   */
  adopt?(plans: readonly Plan[]): Promise<void>;
  /** Finishes what is in flight, then stops. */
  stop(): Promise<void>;
}
