/** Debezium's envelope around a changed row: inserts are events; what changes or takes back an event is none. */
import type { Value } from '@tenon/domain';
import { Rejection } from '../events/rejection';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `c`: inserted; `r`: read by a snapshot. */
const INSERTS: readonly unknown[] = ['c', 'r'];
const OTHERS: Readonly<Record<string, string>> = {
  u: 'an update',
  d: 'a delete',
  t: 'a truncated table',
  m: 'a message',
};

/** @param value with the schema of Kafka Connect's JSON converter around it, or without. @returns the row */
export function insertedRow(value: unknown): { readonly row: Value } | Rejection {
  const isWrapped = isObject(value) && Object.hasOwn(value, 'schema') && Object.hasOwn(value, 'payload');
  const change = isWrapped ? value['payload'] : value;
  if (!isObject(change) || typeof change['op'] !== 'string')
    return new Rejection(422, 'bad-change', 'This is no change of Debezium: it has no text `op`.');
  const { op, after } = change;
  if (INSERTS.includes(op)) {
    if (isObject(after)) return { row: after as Value };
    return new Rejection(
      422,
      'bad-change',
      `A change with op ${JSON.stringify(op)} has the row in \`after\`.`,
    );
  }
  const what = OTHERS[op as string] ?? `a change of the kind ${JSON.stringify(String(op).slice(0, 20))}`;
  const detail = `This is ${what} (op ${String(op).slice(0, 20)}): events are added, and never changed or taken back.`;
  return new Rejection(422, 'not-an-insert', detail);
}
