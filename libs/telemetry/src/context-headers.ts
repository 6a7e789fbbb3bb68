import { HEADERS } from '@tenon/contracts';
import type { Span } from '@tenon/ports';

/** What a record or a message carries of a span; undefined where that is recorded nowhere. */
export function contextHeaders(span: Span | undefined): Readonly<Record<string, string>> | undefined {
  return span?.sampled ? { [HEADERS.traceparent]: span.traceparent } : undefined;
}
