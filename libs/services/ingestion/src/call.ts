/** One call to a source: what the three ways of sending events (one, several, a stream) share. */
import { CORRELATION_HEADER } from '@tenon/contracts';
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest } from '@tenon/ports';
import type { Appender } from './appender';
import type { StructuredEvent } from './cloudevents';
import { readStructured } from './cloudevents';
import type { IngestionConfig } from './config';
import type { DeadLetters } from './dead-letters';
import type { CallContext, Intake, Prepared } from './intake';
import { Rejection } from './rejection';
import type { Items } from './report';
import { traceparentOf } from './trace';

/** What the calls to one source work with. */
export interface SourceDesk {
  readonly name: string;
  readonly intake: Intake;
  readonly appender: Appender;
  readonly deadLetters: DeadLetters;
  readonly config: IngestionConfig;
}

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

/** Prepares an event in CloudEvents' JSON format. */
export function prepareStructured(
  intake: Intake,
  call: CallContext,
  value: unknown,
  escapes: boolean,
  index: number | null,
): Prepared | Rejection {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Rejection(400, 'not-an-object', 'A CloudEvent must be a JSON object.');
  }
  const event: StructuredEvent | Rejection = readStructured(value as Readonly<Record<string, unknown>>);
  if (event instanceof Rejection) return event;
  const { attributes, data } = event;
  return intake.prepare(call, { data, attributes, escapes: escapes || event.escapes, index });
}

export const preparePlain = (
  intake: Intake,
  call: CallContext,
  data: unknown,
  escapes: boolean,
  index: number | null,
): Prepared | Rejection => intake.prepare(call, { data, attributes: null, escapes, index });
