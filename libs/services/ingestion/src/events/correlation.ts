/** The identifiers that an event carries from its client: correlation ID and W3C trace context. */

const CORRELATION_ID = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

/** 1 to 128 printable ASCII characters, so that it fits a header everywhere. */
export const isCorrelationId = (text: unknown): text is string =>
  typeof text === 'string' && CORRELATION_ID.test(text);

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** @returns undefined for a bad one: trace context is a courtesy, and never a reason to refuse an event (W3C, 2.2.2) */
export const traceparentOf = (value: unknown): string | undefined =>
  typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined;
