/** HTTP without a framework: services answer these, and the runtime binds them to Express or to its fast path. */
import type { Tracer } from './tracing';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Decoded path parameters. */
  readonly params: Readonly<Record<string, string>>;
  /** Query parameters; each once (the runtime answers 400 to a repeated or bracketed one). */
  readonly query: Readonly<Record<string, string>>;
  /** What follows the `?`, undecoded, where it is known. */
  readonly search?: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it arrives, already decompressed; each chunk is the handler's to keep. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body, up to `limit` bytes; rejects with a 413 problem above it. */
  readBody(limit: number): Promise<Uint8Array>;
  /** Given by the client or made by the runtime; the answer carries it too. */
  readonly correlationId: string;
  /** Whose token came with it; absent: nobody is asked who he is. */
  readonly who?: string | undefined;
  /** The traceparent of the span that serves it, where there is one: the parent of what it causes. */
  readonly trace?: string | undefined;
  /** Aborts when the client goes away or the server shuts down. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON value is sent as JSON; text and bytes as they are; an iterable is streamed, with backpressure. */
  readonly json?: unknown;
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly stream?: AsyncIterable<string | Uint8Array>;
  /** The stream is of what is there already: it is compressed for whoever takes it so, and is no stream that stays open. */
  readonly ends?: true;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** With `:name` parameters, e.g. `/v1/sources/:source/events`. */
  readonly path: string;
  /** Dispatched in front of Express, for the paths where each microsecond counts. */
  readonly hot?: boolean;
  /** Query parameters that it knows; null: any (dimensions). Unknown ones are a 400. */
  readonly query: readonly string[] | null;
  /** Records a span for each request; absent: none. */
  readonly tracer?: Tracer;
  handle(request: HttpRequest): Promise<HttpResponse>;
}
