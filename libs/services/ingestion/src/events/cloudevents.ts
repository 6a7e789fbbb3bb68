/** CloudEvents 1.0: the attributes of an event, from JSON (structured, batch) or from HTTP headers (binary). */
import { parseTimestamp } from '@tenon/domain';
import { isCorrelationId } from './correlation';
import type { Fault } from './rejection';
import { Rejection, pointerSegment } from './rejection';
import { isWellFormed } from './screen';
import { decodeUtf8, parseJson } from './text';

export type AttributeValue = string | number | boolean;

export interface Attributes {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string | undefined;
  readonly correlationid: string | undefined;
  /** As sent; a bad one is ignored later. */
  readonly traceparent: string | undefined;
  /** All others, the client's extensions too, as they were sent; undefined if there are none. */
  readonly others: Readonly<Record<string, AttributeValue>> | undefined;
}

export interface StructuredEvent {
  readonly attributes: Attributes;
  readonly data: unknown;
  /** True if `data_base64` brought in `\u` escapes that the event's own text did not show. */
  readonly escapes: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Identifiers travel in headers of the log. */
const MAX_IDENTIFIER = 1024;

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const NAME = /^[a-z0-9]{1,64}$/;

/** What the CloudEvents specification demands of each attribute that it knows; the text says what is wrong. */
const RULES: ReadonlyMap<string, (value: unknown) => string | undefined> = new Map(
  Object.entries({
    specversion: (value: unknown) => (value === '1.0' ? undefined : 'must be "1.0"'),
    id: identifier,
    source: (value: unknown) =>
      identifier(value) ?? (/\s/.test(String(value)) ? 'must be a URI reference' : undefined),
    type: identifier,
    time: (value: unknown) =>
      typeof value === 'string' && parseTimestamp(value) !== undefined
        ? undefined
        : 'must be an RFC 3339 timestamp',
    datacontenttype: (value: unknown) =>
      typeof value === 'string' && isJsonType(value) ? undefined : 'must be a JSON media type',
    correlationid: (value: unknown) =>
      isCorrelationId(value) ? undefined : 'must be 1 to 128 printable ASCII characters',
  }),
);

const REQUIRED = ['specversion', 'id', 'source', 'type'] as const;

/** Tenon sets it, by the source's rule; a client's own would mislead readers. */
const RESERVED = new Set(['eventtime']);

function identifier(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'must be a text that is not empty';
  return value.length > MAX_IDENTIFIER ? `must have at most ${MAX_IDENTIFIER} characters` : undefined;
}

function other(value: unknown): string | undefined {
  if (typeof value === 'boolean' || typeof value === 'string' || Number.isSafeInteger(value))
    return undefined;
  return 'must be a text, an integer or a boolean';
}

/** @returns the attributes, or all that is wrong with them; pointers name the attributes */
function readAttributes(fields: Fields): Attributes | Fault[] {
  let faults: Fault[] | undefined;
  let others: Record<string, AttributeValue> | undefined;
  for (const name in fields) {
    const value = fields[name];
    // JSON null means that the attribute is not there.
    if (value === null || name === 'data' || name === 'data_base64') continue;
    const detail = faultOf(name, value);
    if (detail !== undefined)
      (faults ??= []).push({ pointer: pointerSegment(name), code: 'bad-attribute', detail });
    else if (!KNOWN.has(name) && !RESERVED.has(name)) (others ??= {})[name] = value as AttributeValue;
  }
  for (const name of REQUIRED) {
    if ((fields[name] ?? null) === null)
      (faults ??= []).push({ pointer: `/${name}`, code: 'required', detail: 'is missing' });
  }
  if (faults !== undefined) return faults;
  const { id, source, type, time, correlationid, traceparent } = fields as Record<string, string>;
  return {
    id: id as string,
    source: source as string,
    type: type as string,
    time: textOf(time),
    correlationid: textOf(correlationid),
    traceparent: textOf(traceparent),
    others,
  };
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

const KNOWN = new Set([...REQUIRED, 'time', 'correlationid', 'traceparent']);

function faultOf(name: string, value: unknown): string | undefined {
  const rule = RULES.get(name);
  if (rule === undefined && !NAME.test(name)) return 'is no name of an attribute (a-z and 0-9)';
  if (typeof value === 'string' && name !== 'traceparent' && (CONTROL.test(value) || !isWellFormed(value))) {
    return 'must not hold control characters or half characters';
  }
  return (rule ?? other)(value);
}

/** An event in JSON format. Its `data` is not looked at here. */
export function readStructured(event: Fields): StructuredEvent | Rejection {
  const attributes = readAttributes(event);
  if (Array.isArray(attributes)) return badEvent(attributes);
  if (event['data_base64'] === undefined || event['data_base64'] === null) {
    return { attributes, data: event['data'], escapes: false };
  }
  if (event['data'] !== undefined)
    return Rejection.at('/data', 'bad-cloudevent', 'There is data and data_base64; only one may be.');
  const parsed = parseBase64(event['data_base64']);
  if (parsed instanceof Rejection) return Rejection.at('/data_base64', parsed.code, parsed.detail);
  return { attributes, data: parsed.value, escapes: parsed.escapes };
}

function parseBase64(value: unknown) {
  if (
    typeof value !== 'string' ||
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)
  ) {
    return new Rejection(422, 'bad-cloudevent', 'data_base64 must be base64.');
  }
  const text = decodeUtf8(Buffer.from(value, 'base64'));
  return text === undefined
    ? new Rejection(422, 'malformed-utf8', 'data_base64 is not UTF-8.')
    : parseJson(text);
}

function badEvent(faults: readonly Fault[]): Rejection {
  const all = faults.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`).join('; ');
  return new Rejection(422, 'bad-cloudevent', `This is not a CloudEvent 1.0: ${all}.`, faults);
}

/** True if a request is meant as binary mode, however incomplete. */
export function hasCloudEventHeaders(headers: Readonly<Record<string, string>>): boolean {
  for (const name in headers) if (name.startsWith('ce-')) return true;
  return false;
}

/** The attributes in `ce-*` headers (HTTP protocol binding, 3.1.3). @returns a 400 for what can't be decoded */
export function readBinary(headers: Readonly<Record<string, string>>): Attributes | Rejection {
  const fields: Record<string, string> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith('ce-')) continue;
    const name = header.slice(3);
    if (name === 'datacontenttype')
      return badHeader('ce-datacontenttype must not be there: Content-Type says it.');
    const decoded = decodeHeader(value);
    if (decoded === undefined) return badHeader(`${header} is not percent-encoded UTF-8.`);
    fields[name] = decoded;
  }
  const attributes = readAttributes(fields);
  if (!Array.isArray(attributes)) return attributes;
  return badHeader(attributes.map(({ pointer, detail }) => `ce-${pointer.slice(1)} ${detail}`).join('; '));
}

/** True if a record of Kafka is meant as binary mode, however incomplete. */
export function hasKafkaAttributes(headers: Readonly<Record<string, string>>): boolean {
  return Object.hasOwn(headers, 'ce_specversion');
}

/** The attributes in `ce_*` headers (Kafka protocol binding, 3.2.3), which are UTF-8 as they stand. */
export function readKafkaAttributes(headers: Readonly<Record<string, string>>): Attributes | Rejection {
  const fields = Object.entries(headers).flatMap(([header, value]) =>
    header.startsWith('ce_') ? [[header.slice(3), value] as const] : [],
  );
  const attributes = readAttributes(Object.fromEntries(fields));
  return Array.isArray(attributes) ? badEvent(attributes) : attributes;
}

const badHeader = (detail: string) => new Rejection(400, 'bad-cloudevent', detail);

/** First the quotes of RFC 9110 (5.6.4), then the percent-encoding. */
function decodeHeader(value: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(value)) return undefined;
  const quoted = /^"(.*)"$/.exec(value);
  const plain = quoted === null ? value : (quoted[1] ?? '').replace(/\\(.)/g, '$1');
  try {
    return decodeURIComponent(plain);
  } catch {
    return undefined;
  }
}

/** True if a CloudEvent's `datacontenttype` says JSON; absent means JSON. */
export function isJsonType(type: string): boolean {
  const name = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return name === 'application/json' || name === 'text/json' || name.endsWith('+json');
}
