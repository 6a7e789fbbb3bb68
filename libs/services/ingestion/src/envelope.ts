/** The event as it goes into the log. Written by hand, so that `data` is turned into text once. */
import type { AttributeValue } from './cloudevents';

export interface EnvelopeParts {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time?: string | undefined;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** RFC 3339 in UTC. */
  readonly eventTime: string;
  readonly others?: Readonly<Record<string, AttributeValue>> | undefined;
  /** JSON, without newlines. */
  readonly data: string;
}

/** JSON of `EventEnvelope` (contracts), in one line. */
export function envelopeText(parts: EnvelopeParts): string {
  let text = `{"specversion":"1.0","id":${quote(parts.id)},"source":${quote(parts.source)},"type":${quote(parts.type)}`;
  if (parts.time !== undefined) text += `,"time":${quote(parts.time)}`;
  for (const name in parts.others) text += `,${quote(name)}:${JSON.stringify(parts.others[name])}`;
  text += `,"correlationid":${quote(parts.correlationId)}`;
  if (parts.traceparent !== undefined) text += `,"traceparent":"${parts.traceparent}"`;
  return `${text},"eventtime":"${parts.eventTime}","data":${parts.data}}`;
}

const PLAIN = /^[\w\-/.:+ ]*$/;

const quote = (text: string) => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));
