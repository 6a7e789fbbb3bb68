/** What one server puts up with. Times in milliseconds, sizes in bytes. */
export interface HttpLimits {
  /** A client must have sent its request line and headers by then: 408. */
  readonly headersTimeoutMs: number;
  /** A body that is read whole must have arrived by then: 408. */
  readonly bodyTimeoutMs: number;
  /** A streamed body has no limit on the whole, but on the pause between two chunks: 408. */
  readonly idleTimeoutMs: number;
  /** An idle kept-alive connection is closed after this. */
  readonly keepAliveTimeoutMs: number;
  /** A reader of a stream that takes nothing for this long is cut off. */
  readonly drainTimeoutMs: number;
  /** Request line and headers: 431 above. */
  readonly maxHeaderBytes: number;
  /** Connections above are refused. */
  readonly maxConnections: number;
  /** Streamed answers (SSE) at one time: 503 above. */
  readonly maxStreams: number;
  /** The same for one address: 429 above. */
  readonly maxStreamsPerAddress: number;
  /** Bytes of a body to the bytes of it that came, from the first one on: 413 above. */
  readonly maxInflationRatio: number;
  /** After an early answer (413, 415, …) the rest of the body is read and dropped for this long. */
  readonly lingerMs: number;
  /** How long `close()` leaves idle connections open, since a request may be on its way on one. */
  readonly quietMs: number;
  /** How long `close()` waits for requests in flight. */
  readonly closeGraceMs: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
  keepAliveTimeoutMs: 30_000,
  drainTimeoutMs: 30_000,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 10_000,
  maxStreams: 1_000,
  maxStreamsPerAddress: 100,
  maxInflationRatio: 100,
  lingerMs: 5_000,
  quietMs: 250,
  closeGraceMs: 10_000,
};
