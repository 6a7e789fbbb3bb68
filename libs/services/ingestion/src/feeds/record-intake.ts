/** From a record that others wrote to an event that is taken or refused, by the rules that hold for events of HTTP. */
import { HEADERS } from '@tenon/contracts';
import type { FeedFormat } from '@tenon/domain';
import type { Ids, LogRecord, WatchedRow } from '@tenon/ports';
import { isCorrelationId, traceparentOf } from '../events/correlation';
import { hasKafkaAttributes, readKafkaAttributes } from '../events/cloudevents';
import { Rejection } from '../events/rejection';
import type { CallContext, Prepared } from '../events/source-rules';
import { eventTooLarge } from '../events/source-rules';
import { NOT_UTF8, decodeUtf8, parseJson } from '../events/text';
import { preparePlain, prepareStructured } from '../intake/prepare';
import type { SourceDesk } from '../intake/source-desk';
import { insertedRow } from './debezium';

export type FeedRecord = Pick<
  LogRecord,
  'value' | 'isNull' | 'fault' | 'timestamp' | 'headers' | 'headerBytes'
>;

/** What became of a record; its correlation ID either way. */
export interface Intake {
  readonly outcome: Prepared | Rejection;
  readonly correlationId: string;
}

/** With their names; what the log's own records have takes little beside it. */
const MAX_HEADER_BYTES = 64 * 1024;

/** @param origin where the record stands: the event's id, unless the event has one */
export function takeRecord(
  desk: SourceDesk,
  format: FeedFormat,
  record: FeedRecord,
  origin: string,
  ids: Ids,
): Intake {
  const headers = record.headers();
  const given = headers[HEADERS.correlationId] ?? headers['x-correlation-id'];
  const correlationId = isCorrelationId(given) ? given : ids.next();
  const call: CallContext = {
    correlationId,
    correlationGiven: true,
    traceparent: traceparentOf(headers[HEADERS.traceparent]),
    idempotencyKey: origin,
    ...(record.timestamp >= 0 && { recordedMs: record.timestamp }),
  };
  const { fault } = record;
  if (fault !== undefined) return { outcome: new Rejection(422, fault.code, fault.detail), correlationId };
  const event = readEvent(desk, format, record, headers, call);
  if (!event.ok) return { outcome: event, correlationId };
  const carried = carriedHeaders(record, headers);
  if (carried instanceof Rejection) return { outcome: carried, correlationId };
  const whole = {
    ...event.record,
    headers: { ...event.record.headers, [HEADERS.origin]: origin, ...carried },
  };
  return { outcome: { ...event, record: whole }, correlationId: event.correlationId };
}

/** A row of a file. @param origin where it stands: the event's id, unless the event has one */
export function takeRow(
  desk: SourceDesk,
  row: WatchedRow,
  origin: string,
  recordedMs: number,
  ids: Ids,
): Intake {
  const correlationId = ids.next();
  const { problem, text } = row;
  if (problem !== undefined)
    return { outcome: new Rejection(422, problem.code, problem.detail), correlationId };
  const call: CallContext = {
    ...{ correlationId, correlationGiven: true, traceparent: undefined },
    ...{ idempotencyKey: origin, recordedMs },
  };
  const event = readText(desk, 'json', text, {}, call);
  if (!event.ok) return { outcome: event, correlationId };
  const headers = { ...event.record.headers, [HEADERS.origin]: origin };
  return { outcome: { ...event, record: { ...event.record, headers } }, correlationId: event.correlationId };
}

/** Reads the event in a record's value; also of one that is a dead letter, and has lost its headers. */
export function readEvent(
  desk: SourceDesk,
  format: FeedFormat,
  { value, isNull }: Pick<FeedRecord, 'value' | 'isNull'>,
  headers: Readonly<Record<string, string>>,
  call: CallContext,
): Prepared | Rejection {
  if (isNull === true) return NO_VALUE;
  if (value.length > desk.config.maxEventBytes) return eventTooLarge(desk.config.maxEventBytes);
  const text = decodeUtf8(value);
  if (text === undefined) return NOT_UTF8;
  return readText(desk, format, text, headers, call);
}

function readText(
  desk: SourceDesk,
  format: FeedFormat,
  text: string,
  headers: Readonly<Record<string, string>>,
  call: CallContext,
): Prepared | Rejection {
  const parsed = parseJson(text);
  if (parsed instanceof Rejection) return parsed;
  const { value: found, escapes } = parsed;
  if (format === 'debezium') {
    const inserted = insertedRow(found);
    if (inserted instanceof Rejection) return inserted;
    return preparePlain(desk.rules, call, inserted.row, escapes, null);
  }
  if (hasKafkaAttributes(headers)) {
    const attributes = readKafkaAttributes(headers);
    if (attributes instanceof Rejection) return attributes;
    return desk.rules.prepare(call, { data: found, attributes, escapes, index: null });
  }
  const isCloudEvent = typeof found === 'object' && found !== null && Object.hasOwn(found, 'specversion');
  return (isCloudEvent ? prepareStructured : preparePlain)(desk.rules, call, found, escapes, null);
}

const NO_VALUE = new Rejection(
  422,
  'no-value',
  'The record has no value (a tombstone): events are added, and never taken back.',
);

/** What has a meaning of its own here; CloudEvents' attributes stand in the event. */
const OWN = /^(?:tenon-.*|ce_.*|correlationid|x-correlation-id|traceparent|content-type)$/i;

/** The record's other headers. Of a name that is there twice the last one counts, as in Kafka's own `lastHeader`. */
function carriedHeaders(
  record: Pick<FeedRecord, 'headerBytes'>,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | Rejection {
  let bytes = 0;
  const carried: [string, string][] = [];
  for (const [name, text] of Object.entries(headers)) {
    if (OWN.test(name)) continue;
    const isText = !text.includes('\ufffd');
    const value = isText ? text : `base64:${Buffer.from(record.headerBytes(name) ?? []).toString('base64')}`;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    carried.push([name, value]);
  }
  if (bytes <= MAX_HEADER_BYTES) return Object.fromEntries(carried);
  const detail = `The record's headers have ${bytes} bytes; at most ${MAX_HEADER_BYTES} are carried over.`;
  return new Rejection(422, 'too-many-headers', detail);
}
