/** A message of a stream as a record of a log: its sequence is its offset. */
import type { JsMsg } from '@nats-io/jetstream';
import type { LogRecord } from '@tenon/ports';

/** Headers that others write in any case. */
const FOLDED = ['correlationid', 'x-correlation-id', 'traceparent', 'content-type'];
/** Of a bucket of keys and values: the key was deleted. */
const KV_OPERATION = 'KV-Operation';

/** Which subject it came by; carried over as other headers are. */
const SUBJECT = 'nats-subject';

export function recordOf(message: JsMsg): LogRecord {
  let known: Record<string, string> | null = null;
  const headers = () => (known ??= headersOf(message));
  return {
    offset: message.seq,
    timestamp: Math.floor(message.info.timestampNanos / 1e6),
    key: null,
    value: message.data,
    ...(message.data.length === 0 && message.headers?.has(KV_OPERATION) && { isNull: true }),
    header: (name) => headers()[name],
    headerBytes: (name) => {
      const text = headers()[name];
      return text === undefined ? undefined : new TextEncoder().encode(text);
    },
    headers,
  };
}

/** Of a name that is there twice the last one counts. CloudEvents' are called as in Kafka: `ce_id` for `ce-id`. */
function headersOf({ headers, subject }: Pick<JsMsg, 'headers' | 'subject'>): Record<string, string> {
  const found: Record<string, string> = { [SUBJECT]: subject };
  for (const name of headers?.keys() ?? []) {
    const folded = name.toLowerCase();
    const known = folded.startsWith('ce-')
      ? `ce_${folded.slice(3)}`
      : FOLDED.includes(folded)
        ? folded
        : name;
    found[known] = headers?.last(name) ?? '';
  }
  return found;
}
