/**
 * The event as it stands in the log: CloudEvents 1.0, structured JSON, with Tenon's extension attributes.
 * `eventtime` is the event time by the source's rule, normalized to UTC, so that no reader has to decide it again.
 */
import type { Epoch, OffsetVector } from '@tenon/domain';

export interface EventEnvelope {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly subject?: string;
  readonly correlationid: string;
  readonly traceparent?: string;
  /** RFC 3339 in UTC, up to microseconds, e.g. `2001-01-01T00:01:00Z`. */
  readonly eventtime: string;
  readonly data: unknown;
}

/** A barrier: the control record that separates two epochs. Its record has the header `tenon-control: barrier`. */
export interface Barrier {
  readonly v: 1;
  readonly type: 'barrier';
  /** The epoch that begins after it. */
  readonly epoch: Epoch;
  /** Milliseconds since the epoch, by the writer's clock. */
  readonly at: number;
  /** Batch is asked to compute everything before it anew, from the first record. */
  readonly full?: boolean;
}

export const BARRIER = 'barrier';

/**
 * What stands in for a record that is gone and whose loss was accepted: a control record without a value, with the header
 * `tenon-control: lost`. It is read, and archived; nobody appends it to the log.
 */
export const LOST = 'lost';

/** A record of `tenon.cuts`. `begun`: the number is taken. `written`: every partition has its barrier. */
export interface CutRecord {
  readonly v: 1;
  readonly type: 'begun' | 'written';
  readonly epoch: Epoch;
  readonly at: number;
  /** Source → partition → offset after the barrier; only when written. */
  readonly offsets?: OffsetVector;
  /** Batch is asked to compute from the beginning. */
  readonly full?: boolean;
}
