/** A dead letter as people work with it: from a record of the topic to what is said of it. */
import { HEADERS } from '@tenon/contracts';
import type { Offset, Value } from '@tenon/domain';
import { formatTimestamp } from '@tenon/domain';
import type { LogRecord } from '@tenon/ports';
import { parseWithTexts } from '../events/exact-integers';

/** Of what was refused at ingestion, or by a reader of the log for all products: null. */
export interface Reason {
  readonly product: string | null;
  readonly code: string;
}

export interface Letter extends Reason {
  readonly source: string;
  /** Its place among the source's dead letters: with the source its name. */
  readonly offset: Offset;
  /** When it was refused, RFC 3339. */
  readonly at: string;
  readonly detail: string;
  readonly correlationId: string | null;
  /** Where the event stands in the log; absent where it never came so far. */
  readonly position?: { readonly source: string; readonly partition: number; readonly offset: Offset };
  /** Where it was taken from, `<stream>/<partition>/<offset>`, if that is a stream that others write. */
  readonly origin?: string;
  /** How many bytes it had, where it was too long to be kept whole. */
  readonly truncated?: number;
  /** What came: a JSON value, or else text. */
  readonly event: Value;
}

/** `revenue:refused-by-sql` is what one product says of the event. */
export function reasonOf(record: LogRecord): Reason {
  const text = record.header(HEADERS.reason) ?? 'unknown';
  const at = text.indexOf(':');
  return at < 0 ? { product: null, code: text } : { product: text.slice(0, at), code: text.slice(at + 1) };
}

export const reasonText = ({ product, code }: Reason): string =>
  product === null ? code : `${product}:${code}`;

/** True if it stands in the events' topic: judged by a product or a reader, and not at ingestion. */
export const isInLog = (record: LogRecord): boolean => record.header(HEADERS.offset) !== undefined;

export function letterOf(source: string, record: LogRecord): Letter {
  const truncated = record.header(HEADERS.truncated);
  const origin = record.header(HEADERS.origin);
  const partition = Number(record.header(HEADERS.partition));
  const offset = Number(record.header(HEADERS.offset));
  return {
    ...{ source, offset: record.offset, at: formatTimestamp(record.timestamp * 1000) },
    ...reasonOf(record),
    detail: record.header(HEADERS.detail) ?? '',
    correlationId: record.header(HEADERS.correlationId) ?? null,
    ...(isInLog(record) && { position: { source, partition, offset } }),
    ...(origin !== undefined && { origin }),
    ...(truncated !== undefined && { truncated: Number(truncated) }),
    event: eventOf(record.value),
  };
}

function eventOf(bytes: Uint8Array): Value {
  const text = Buffer.from(bytes).toString('utf8');
  try {
    return parseWithTexts(text) as Value;
  } catch {
    return text;
  }
}
