/** The event as it goes into the log. Written by hand, so that `data` is turned into text once. */
import type { AttributeValue } from './cloudevents';

export interface EnvelopeParts {
  /** JSON texts. */
  readonly id: string;
  readonly origin: string;
  readonly correlationId: string;
  readonly data: string;
  readonly time: string | undefined;
  readonly traceparent: string | undefined;
  /** RFC 3339 in UTC. */
  readonly eventTime: string;
  readonly others: Readonly<Record<string, AttributeValue>> | undefined;
}

/** JSON of `EventEnvelope` (contracts), in one line if `data` is. */
export function envelopeText(parts: EnvelopeParts): string {
  const { id, origin, correlationId, data, time, traceparent, eventTime, others } = parts;
  const optional =
    (time === undefined ? '' : `,"time":${JSON.stringify(time)}`) +
    (others === undefined ? '' : othersText(others)) +
    (traceparent === undefined ? '' : `,"traceparent":"${traceparent}"`);
  return `{"specversion":"1.0","id":${id},${origin},"correlationid":${correlationId}${optional},"eventtime":"${eventTime}","data":${data}}`;
}

/** The members `source` and `type`. */
export const originText = (source: string, type: string): string =>
  `"source":${JSON.stringify(source)},"type":${JSON.stringify(type)}`;

/** Remembers the last one: the events of a stream have mostly the same source and type. */
export class OriginTexts {
  private source: string | undefined;
  private type: string | undefined;
  private last = '';

  text(source: string, type: string): string {
    if (source !== this.source || type !== this.type) {
      this.last = originText(source, type);
      this.source = source;
      this.type = type;
    }
    return this.last;
  }
}

function othersText(others: Readonly<Record<string, AttributeValue>>): string {
  let text = '';
  for (const [name, value] of Object.entries(others))
    text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return text;
}
