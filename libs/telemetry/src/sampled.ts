/** Version 00, no zero id, the sampled flag set. */
const SAMPLED = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

/** @returns false for what is no traceparent too: what stands in a log was written by anyone */
export const isSampled = (traceparent: string | undefined): traceparent is string =>
  traceparent !== undefined && SAMPLED.test(traceparent);
