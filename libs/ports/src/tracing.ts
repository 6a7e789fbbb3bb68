/**
 * Traces for operators, without a client library. Parents are given and not ambient: one micro-batch serves the events of
 * many requests. Contexts are W3C `traceparent` texts (https://www.w3.org/TR/trace-context/), as headers carry them.
 */

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

/** Named by OpenTelemetry's semantic conventions; what is Tenon's own begins with `tenon.`. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** `internal` where absent. */
  readonly kind?: SpanKind;
  /** The span that caused this one; a text that is no traceparent counts as none, and this span begins a trace. */
  readonly parent?: string | undefined;
  /** Spans of other traces that it takes further. */
  readonly links?: readonly string[];
  readonly attributes?: SpanAttributes;
}

export interface Span {
  /** For what it causes: a header, or the parent of another span. */
  readonly traceparent: string;
  /** False: it is recorded nowhere, and need not be carried further. */
  readonly sampled: boolean;
  set(attributes: SpanAttributes): void;
  /** Marks it as failed; it is to be ended all the same. */
  fail(error: unknown): void;
  end(): void;
}

/** What spans call the servers: `messaging.system` of the log and of the bus, `db.system.name` of the store. */
export interface TracedSystems {
  readonly log: string;
  readonly bus: string;
  readonly store: string;
}

export interface Tracer {
  /** False: whoever has work for a span alone (headers to read, attributes to build) leaves it. */
  readonly enabled: boolean;
  readonly systems: TracedSystems;
  /** Never throws. */
  start(name: string, options?: SpanOptions): Span;
}
