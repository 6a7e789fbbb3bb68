/**
 * Traces for operators, without a client library. Parents are given and not ambient: one micro-batch serves the events of
 * many requests. Contexts are W3C `traceparent` texts (https://www.w3.org/TR/trace-context/), as headers carry them.
 */
import { HEADERS } from '@tenon/contracts';

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

const NO_SPAN: Span = {
  traceparent: '',
  sampled: false,
  set: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

/** For whoever does not trace. */
export const NO_TRACER: Tracer = {
  enabled: false,
  systems: { log: '', bus: '', store: '' },
  start: () => NO_SPAN,
};

/** Links of one span at most: what a micro-batch of thousands of events may cost. */
export const MAX_LINKS = 128;

/** Version 00, no zero id, the sampled flag set. */
const SAMPLED = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

/** @returns false for what is no traceparent too: what stands in a log was written by anyone */
export const isSampled = (traceparent: string | undefined): traceparent is string =>
  traceparent !== undefined && SAMPLED.test(traceparent);

/** Gathers the sampled contexts among those that it is shown: each once, MAX_LINKS of them at most. */
export class Links {
  private readonly found = new Set<string>();
  private last: string | undefined;

  get empty(): boolean {
    return this.found.size === 0;
  }

  get full(): boolean {
    return this.found.size >= MAX_LINKS;
  }

  add(traceparent: string | undefined): void {
    // The records of one append carry the same one.
    if (traceparent === undefined || traceparent === this.last || this.full) return;
    this.last = traceparent;
    if (isSampled(traceparent)) this.found.add(traceparent);
  }

  list(): readonly string[] {
    return [...this.found];
  }
}

/** Starts a span of a message or of several, named and described as the conventions have it. */
export function startMessaging(
  tracer: Tracer,
  operation: 'send' | 'process',
  system: string,
  destination: string,
  { attributes, ...options }: Omit<SpanOptions, 'kind'> = {},
): Span {
  const span = tracer.start(`${operation} ${destination}`, {
    ...options,
    kind: operation === 'send' ? 'producer' : 'consumer',
  });
  // Where most are not sampled, what describes them is not made either.
  if (span.sampled)
    span.set({
      'messaging.system': system,
      'messaging.operation.name': operation,
      'messaging.operation.type': operation,
      'messaging.destination.name': destination,
      ...attributes,
    });
  return span;
}

/** What a record or a message carries of a span; undefined where that is recorded nowhere. */
export function contextHeaders(span: Span | undefined): Readonly<Record<string, string>> | undefined {
  return span?.sampled ? { [HEADERS.traceparent]: span.traceparent } : undefined;
}

/** Ends a span with what `work` comes to. @throws what `work` throws */
export async function within<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}
