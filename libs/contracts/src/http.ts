/** What the HTTP interface answers. The paths are listed in docs/http.md. */
import type { Generation, Offset, OffsetVector, Partition, Topology, Value } from '@tenon/domain';

/** Where an event stands in the log. */
export interface Position {
  readonly source: string;
  readonly partition: Partition;
  readonly offset: Offset;
}

export interface IngestItem {
  readonly index: number;
  /** `accepted`, or the code of what is wrong. */
  readonly code: string;
  /** JSON pointer into the item, where one place is at fault. */
  readonly pointer?: string;
  readonly detail?: string;
  readonly correlationId?: string;
  readonly position?: Position;
}

export interface IngestAnswer {
  readonly accepted: number;
  readonly rejected: number;
  /** One opaque string for the whole call, for `?after=`. */
  readonly receipt: string;
  readonly correlationId?: string;
  readonly position?: Position;
  readonly items?: readonly IngestItem[];
}

/** `final`: nothing can change it but a late event. `provisional`: speed contributes. `amended`: it was final before. */
export type RowStatus = 'final' | 'provisional' | 'amended';

export type AnswerStatus = 'final' | 'provisional' | 'incomplete';

export interface AnswerTrouble {
  /** The service that found it. */
  readonly layer: string;
  /** Stable, see docs/errors.md. */
  readonly code: string;
  readonly reason: string;
  /** Absent: it is of the product as a whole. */
  readonly source?: string;
  readonly partition?: Partition;
  /** The records that it is about: [from, to). */
  readonly from?: Offset;
  readonly to?: Offset;
  /** When it was first seen, RFC 3339. */
  readonly since: string;
}

export interface AnswerEnvelope {
  readonly topology: Topology;
  /** The batch view (or folded base view) that is served. */
  readonly generation: Generation;
  /** Where batch ends and speed begins. */
  readonly cut: OffsetVector;
  /** The answer is exactly the fold of all records below these offsets. */
  readonly included: OffsetVector;
  /** Rows of windows that ended by then are past the product's retention, and not there, RFC 3339. Absent: all are there. */
  readonly retainedFrom?: string;
  /** Records in the log that the answer does not include yet. */
  readonly behind: number;
  /** Events below these offsets that the product could not take, since it began. */
  readonly deadLettered: number;
  /** Records below these offsets that are gone and whose loss was accepted. Absent: none. */
  readonly lost?: number;
  /** Of `deadLettered`: events whose id another one had, with other data. Absent: none. */
  readonly conflicts?: number;
  readonly status: AnswerStatus;
  /** When it was read, RFC 3339. */
  readonly at: string;
  /** What is known to be wrong with the product; absent where nothing is. The status is `incomplete` then. */
  readonly troubles?: readonly AnswerTrouble[];
  /** Of an answer `asOf`: from when on it was served, RFC 3339. */
  readonly servedAt?: string;
  /** Path and query of a question that these rows answer later too, as long as its generation is kept. Absent on live streams. */
  readonly self?: string;
}

export type Row = { readonly _cell: string; readonly _status: RowStatus } & {
  readonly [column: string]: Value;
};

export interface RowsAnswer {
  readonly product: string;
  readonly version: number;
  readonly rows: readonly Row[];
  readonly answer: AnswerEnvelope;
  /** Pass as `cursor` for the next page; null on the last one. */
  readonly next: string | null;
}

/** One version of a product, in `GET /v1/products/{name}` and the status. */
export interface VersionAnswer {
  readonly version: number;
  /** `served`: the name answers with it. `kept`: it was served, and is folded on. The others as the docs have them. */
  readonly state: 'served' | 'building' | 'ready' | 'kept' | 'dropping' | 'dropped';
  /** RFC 3339. */
  readonly since: string;
  /** Of one that is kept: when it is dropped. */
  readonly until?: string;
  readonly paused?: true;
  /** Building: events a second at most, for each layer. */
  readonly throttle?: number;
  readonly rolledBack?: true;
  /** Of one that is built: whether the name goes over to it once it is ready. */
  readonly promotes?: 'by itself' | 'on command';
  /** These are missing of a version that does not run. */
  readonly topology?: Topology;
  readonly generation?: Generation;
  /** Records in the log that it does not include yet. */
  readonly behind?: number;
  /** Of the records in the log, those that it includes. */
  readonly percent?: number;
  /** Records that it has an account of. */
  readonly records?: number;
  readonly troubles?: readonly AnswerTrouble[];
}
