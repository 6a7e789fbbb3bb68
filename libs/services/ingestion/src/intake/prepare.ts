/** From a JSON value of a call to an event that is taken or refused: plain data, or a CloudEvent with its attributes. */
import type { StructuredEvent } from '../events/cloudevents';
import { readStructured } from '../events/cloudevents';
import { Rejection } from '../events/rejection';
import type { CallContext, Prepared, SourceRules } from '../events/source-rules';

export type Prepare = (
  rules: SourceRules,
  call: CallContext,
  value: unknown,
  escapes: boolean,
  index: number | null,
) => Prepared | Rejection;

/** Prepares an event in CloudEvents' JSON format. */
export function prepareStructured(
  rules: SourceRules,
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
  return rules.prepare(call, { data, attributes, escapes: escapes || event.escapes, index });
}

export const preparePlain = (
  rules: SourceRules,
  call: CallContext,
  data: unknown,
  escapes: boolean,
  index: number | null,
): Prepared | Rejection => rules.prepare(call, { data, attributes: null, escapes, index });
