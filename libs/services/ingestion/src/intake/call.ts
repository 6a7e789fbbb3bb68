/** One call to a source: what the three ways of sending events (one, several, a stream) share. */
import { CORRELATION_HEADER } from '@tenon/contracts';
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest } from '@tenon/ports';
import { traceparentOf } from '../events/correlation';
import type { CallContext } from '../events/source-rules';
import type { Items } from './report';

export interface Call extends CallContext {
  readonly items: Items;
  readonly contentType: string;
  /** The traceparent of the request's span, where there is one. */
  readonly trace: string | undefined;
}

const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** @throws HttpProblem 400 for a bad `items` or `Idempotency-Key` */
export function callOf(request: HttpRequest): Call {
  const { headers, correlationId } = request;
  const { items = 'rejected' } = request.query;
  if (items !== 'rejected' && items !== 'all') {
    throw new HttpProblem(400, 'bad-parameter', 'items is "rejected" or "all".', { parameter: 'items' });
  }
  return {
    correlationId,
    correlationGiven: (headers[CORRELATION_HEADER] ?? '') !== '',
    traceparent: traceparentOf(headers['traceparent']),
    idempotencyKey: idempotencyKey(headers['idempotency-key']),
    items,
    contentType: headers['content-type'] ?? '',
    trace: request.trace,
  };
}

/** A text, or one in quotes as the IETF's draft has it. */
function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (KEY.test(key)) return key;
  throw new HttpProblem(
    400,
    'bad-idempotency-key',
    'Idempotency-Key must be 1 to 255 printable ASCII characters.',
  );
}
