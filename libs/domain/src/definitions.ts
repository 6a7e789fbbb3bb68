/**
 * What a catalog declares, after it has been read and checked: sources and products.
 * Pure data; how it is read (files, a registry) is the Catalog adapter's concern.
 */

/** How a product is kept: with a batch layer, with one that is stored apart, or with the live layer alone. */
export type Topology = (typeof TOPOLOGIES)[number];
export const TOPOLOGIES = ['lambda', 'lambda-separate', 'kappa'] as const;

/** A JSON Schema 2020-12 document. */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean;

/** What the records of a stream that others write hold: an event as JSON (a CloudEvent too), or Debezium's envelope around one. */
export const FEED_FORMATS = ['json', 'debezium'] as const;
export type FeedFormat = (typeof FEED_FORMATS)[number];

/** A stream that others write and that a source takes its events from, besides those that are sent to it. */
export interface SourceFeed {
  readonly kind: 'kafka' | 'nats' | 'files';
  /** The topic's name; the JetStream stream's, or the subject by which it is found; the folder's. */
  readonly stream: string;
  /** Of a JetStream stream: what came by this subject, wildcards included; absent: all. */
  readonly subject?: string;
  readonly format: FeedFormat;
  /** `registry`: values are framed, and a schema registry says how they are to be read (Avro, Protobuf, JSON). Absent: JSON. */
  readonly encoding?: 'registry';
  /** Of a folder. */
  readonly files?: SourceFiles;
}

/** Which files of a folder are events, and when one is whole. */
export interface SourceFiles {
  /** Names of files: `*` is any text, `?` one character. Absent: all whose names say what they hold. */
  readonly pattern?: string;
  /** What they hold; absent: what their names say. */
  readonly rows?: FileRows;
  /** A file that nobody has written to for so long is whole, milliseconds. */
  readonly settleMs: number;
}

export const FILE_ROWS = ['ndjson', 'csv', 'parquet'] as const;
export type FileRows = (typeof FILE_ROWS)[number];

/** A named stream of events with a schema, a partitioning key and an event-time field. */
export interface SourceDefinition {
  readonly name: string;
  /** Fields of `data` whose values choose the partition; empty: the event id does. */
  readonly key: readonly string[];
  /** Fields of `data` whose values are the event's id; absent: the client's id, or one that is made. */
  readonly id?: readonly string[];
  /** The field of `data` that holds event time; null: the CloudEvents `time`. */
  readonly time: string | null;
  readonly schema: JsonSchema;
  readonly partitions: number;
  readonly dedupe: {
    /** A record is a duplicate if its id stands among this many records before it in its partition. */
    readonly window: number;
  };
  /** How long after its time an event may come: windows are final so much later, microseconds. Absent: 0. */
  readonly latenessMicros?: number;
  /** Absent: events are sent to it, and come from nowhere else. */
  readonly from?: SourceFeed;
  readonly description?: string;
}

/** A data product as declared: one SELECT and how it is kept. */
export interface ProductDefinition {
  readonly name: string;
  readonly version: number;
  readonly sql: string;
  readonly topology: Topology;
  /** Events whose event time is this much older than their append time are dropped as expired; microseconds. */
  readonly retentionMicros: number | null;
  /** How many generations before the served one can be read. Absent: `KEPT_GENERATIONS`. */
  readonly generations?: number;
  readonly description?: string;
}

/** A place in a file of the catalog; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** One thing that is wrong with a definition, and how to mend it. */
export interface Problem {
  /** A stable code, documented in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** What to do instead. */
  readonly hint?: string;
  readonly place?: Place;
}
