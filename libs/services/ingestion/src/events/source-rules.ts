/** From what a client sent to a record of the log, or to the reason why not: all rules of one source. */
import type { HEADERS } from '@tenon/contracts';
import { identityText, versionText } from '@tenon/contracts';
import type { SourceDefinition } from '@tenon/domain';
import { checksum32, partitionOf } from '@tenon/domain';
import type { Clock, Ids, NewRecord } from '@tenon/ports';
import type { IngestionConfig } from '../config';
import type { Attributes } from './cloudevents';
import { traceparentOf } from './correlation';
import { OriginTexts, envelopeText, originText } from './envelope';
import { EventTimes } from './event-time';
import { stringifyExactly } from './exact-integers';
import { FieldPath } from './field-path';
import { Rejection } from './rejection';
import type { SchemaCheck } from './schema-check';
import { compileSchema } from './schema-check';
import { screen } from './screen';

/** What a call says of all its events. */
export interface CallContext {
  readonly correlationId: string;
  /** The client gave it, so it holds for every event; else each event of several gets one of its own. */
  readonly correlationGiven: boolean;
  readonly traceparent: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** When somebody else recorded the event, milliseconds since the epoch: its time, where it has none. Absent: now. */
  readonly recordedMs?: number;
}

/** One event as it was sent. */
export interface Submitted {
  readonly data: unknown;
  /** Null for plain data. */
  readonly attributes: Attributes | null;
  /** See `screen`. */
  readonly escapes: boolean;
  /** Its place among the call's events; null for the only one of a call that can't hold more. */
  readonly index: number | null;
}

/** An event that is taken. */
export interface Prepared {
  readonly ok: true;
  readonly record: NewRecord;
  readonly correlationId: string;
  /** As in the record's header: by its source, id and data. */
  readonly identity: string;
  /** The id where the client chose it; null where it is new and can't be a repeat. */
  readonly idOf: string | null;
  readonly late: boolean;
}

type Data = Readonly<Record<string, unknown>>;

export class SourceRules {
  private readonly schema: SchemaCheck;
  private readonly times = new EventTimes();
  private readonly defaultSource: string;
  private readonly defaultOrigin: string;
  private readonly origins = new OriginTexts();
  private readonly keyFields: readonly FieldPath[];
  private readonly idFields: readonly FieldPath[] | undefined;
  private readonly timeField: FieldPath | null;

  /** @throws TenonError `invalid-schema` */
  constructor(
    readonly source: SourceDefinition,
    private readonly config: IngestionConfig,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {
    this.schema = compileSchema(source.name, source.schema);
    const field = (name: string) => FieldPath.of(name, source.schema);
    this.keyFields = source.key.map(field);
    this.idFields = source.id?.map(field);
    this.timeField = source.time === null ? null : field(source.time);
    this.defaultSource = `/${source.name}`;
    this.defaultOrigin = originText(this.defaultSource, source.name);
  }

  prepare(call: CallContext, event: Submitted): Prepared | Rejection {
    const { attributes } = event;
    const pointer = attributes === null ? '' : '/data';
    const data = event.data;
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return notAnObject(data, pointer);
    const fault = screen(data, event.escapes, pointer);
    if (fault !== undefined) return Rejection.at(fault.pointer, fault.code, fault.detail);
    if (!this.schema.valid(data)) return this.schemaViolation(data, pointer);
    const now = this.clock.now();
    const time = this.eventTime(data as Data, attributes, now, call.recordedMs);
    if (time instanceof Rejection) return time;
    return this.build(call, event, data as Data, time, now);
  }

  private schemaViolation(data: unknown, pointer: string): Rejection {
    const faults = this.schema.faults(data, pointer);
    const all = faults.slice(0, 3).map((fault) => `${fault.pointer || '(the event)'} ${fault.detail}`);
    const more = faults.length > 3 ? '; …' : '';
    return new Rejection(
      422,
      'schema-violation',
      `The event does not fit the schema of ${this.source.name}: ${all.join('; ')}${more}.`,
      faults,
    );
  }

  /** By the source's field, else the CloudEvents `time`, else when it was recorded. Microseconds. */
  private eventTime(
    data: Data,
    attributes: Attributes | null,
    nowMs: number,
    recordedMs = nowMs,
  ): number | Rejection {
    const given = this.timeField?.valueIn(data) ?? undefined;
    const value = given ?? attributes?.time;
    if (value === undefined && recordedMs <= nowMs + this.config.maxFutureMs) return recordedMs * 1000;
    const micros = value === undefined ? recordedMs * 1000 : this.times.read(value);
    const inTime = micros !== undefined && micros <= (nowMs + this.config.maxFutureMs) * 1000;
    if (inTime) return micros;
    const inData = attributes === null ? '' : '/data';
    const pointer = given === undefined ? '/time' : `${inData}${this.timeField?.pointer ?? ''}`;
    return micros === undefined
      ? Rejection.at(pointer, 'bad-time', NO_TIME)
      : Rejection.at(
          pointer,
          'time-in-future',
          `This time is more than ${this.config.maxFutureMs / 1000} s ahead of the clock.`,
        );
  }

  private build(
    call: CallContext,
    event: Submitted,
    data: Data,
    time: number,
    nowMs: number,
  ): Prepared | Rejection {
    const { attributes } = event;
    const shared = call.correlationGiven || event.index === null;
    const correlationId = attributes?.correlationid ?? (shared ? call.correlationId : this.ids.next());
    const own = this.idFields === undefined ? null : this.ownId(data, attributes);
    if (own instanceof Rejection) return own;
    const chosen = own ?? attributes?.id ?? idempotentId(call.idempotencyKey, event.index);
    // Where both are made here, one new identifier serves as both.
    const made = attributes?.correlationid === undefined && !call.correlationGiven ? correlationId : null;
    const id = chosen ?? made ?? this.ids.next();
    const source = attributes?.source ?? this.defaultSource;
    const traceparent = traceparentOf(attributes?.traceparent) ?? call.traceparent;
    const text = stringifyExactly(data);
    const value = envelopeText({
      // Identifiers made here need no escapes.
      id: chosen === null ? `"${id}"` : JSON.stringify(id),
      origin: attributes === null ? this.defaultOrigin : this.origins.text(source, attributes.type),
      correlationId: made === null ? JSON.stringify(correlationId) : `"${made}"`,
      data: text,
      time: attributes?.time,
      traceparent,
      eventTime: this.times.format(time),
      others: attributes?.others,
    });
    if (isLonger(value, this.config.maxEventBytes)) return eventTooLarge(this.config.maxEventBytes);
    const digest = digestOf(text).toString(16).padStart(8, '0');
    const key = this.key(data);
    if (key !== null && isLonger(key, this.config.maxKeyBytes)) return this.keyTooLong(attributes);
    // An id from the data is the source's, whoever brings the event.
    const identity = identityOfEvent(own === null ? source : this.defaultSource, id, digest);
    const headers = recordHeaders(identity, correlationId, traceparent);
    return {
      ok: true,
      record: {
        partition: homeOf(key ?? id, this.source.partitions),
        key,
        value,
        headers,
        timestamp: nowMs,
      },
      correlationId,
      identity,
      idOf: chosen,
      late: time < (nowMs - this.config.lateAfterMs) * 1000,
    };
  }

  /** The id that the event's data has, by the fields of the source. */
  private ownId(data: Data, attributes: Attributes | null): string | Rejection {
    const fields = this.idFields ?? [];
    const texts = fields.map((field) => field.textIn(data));
    const missing = texts.findIndex((text) => text === null || text === '');
    const inData = attributes === null ? '' : '/data';
    const pointer = `${inData}${fields[Math.max(missing, 0)]?.pointer ?? ''}`;
    if (missing >= 0) return Rejection.at(pointer, 'id-missing', 'The event has no value for its id.');
    // As JSON where there are several, so that no two lists of values are one text.
    const id = texts.length === 1 ? (texts[0] as string) : JSON.stringify(texts);
    const detail = `An id may have ${this.config.maxKeyBytes} bytes as text (TENON_MAX_KEY).`;
    return isLonger(id, this.config.maxKeyBytes) ? Rejection.at(pointer, 'key-too-long', detail) : id;
  }

  private keyTooLong(attributes: Attributes | null): Rejection {
    const pointer = `${attributes === null ? '' : '/data'}${this.keyFields[0]?.pointer ?? ''}`;
    const detail = `A key may have ${this.config.maxKeyBytes} bytes as text (TENON_MAX_KEY).`;
    return Rejection.at(pointer, 'key-too-long', detail);
  }

  /** The key's values as text; null where the source has no key, or the event none of its values. */
  private key(data: Data): string | null {
    const { keyFields: fields } = this;
    const first = fields[0];
    if (first === undefined) return null;
    if (fields.length === 1) return first.textIn(data);
    const values = fields.map((field) => field.textIn(data));
    return values.every((value) => value === null)
      ? null
      : values.map((value) => value ?? '').join(KEY_SEPARATOR);
  }
}

const VERSION = versionText('event');

/** Read once: run through tsx, each use of an import is a read through two getters, which adds up here. */
const digestOf = checksum32;
const homeOf = partitionOf;
const identityOfEvent = identityText;

type HeaderName = (typeof HEADERS)[keyof typeof HEADERS];

/** Literal names make objects of one shape; the type keeps them to the contract. */
function recordHeaders(
  identity: string,
  correlationid: string,
  traceparent: string | undefined,
): Readonly<Record<string, string>> {
  // The identity stands first: each reader of the hot path asks for it, and mostly for nothing else.
  const headers = { 'tenon-identity': identity, correlationid, 'tenon-v': VERSION };
  const named: Partial<Record<HeaderName, string>> =
    traceparent === undefined ? headers : { ...headers, traceparent };
  return named as Readonly<Record<string, string>>;
}

const NO_TIME =
  'This is no time from year 1 to 9999: write RFC 3339, such as 2001-01-01T00:01:00Z, or seconds, milliseconds or microseconds since 1970.';

const KEY_SEPARATOR = '|';

/** In UTF-8, where a UTF-16 unit takes one to three bytes. */
const isLonger = (text: string, bytes: number) =>
  text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes);

/** A repeated call gives its events the same ids again. */
export function idempotentId(key: string | undefined, index: number | null): string | null {
  if (key === undefined) return null;
  return index === null ? key : `${key}/${index}`;
}

function notAnObject(data: unknown, pointer: string): Rejection {
  const detail = data === undefined ? 'There is no data.' : 'An event must be a JSON object.';
  return pointer === ''
    ? new Rejection(400, 'not-an-object', detail)
    : Rejection.at(pointer, 'not-an-object', detail);
}

export const eventTooLarge = (limit: number): Rejection =>
  new Rejection(413, 'event-too-large', `One event may have ${limit} bytes.`);
