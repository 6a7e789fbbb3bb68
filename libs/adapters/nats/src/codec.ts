/** Payloads as JSON, headers as NATS has them. */
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { headers as emptyHeaders } from '@nats-io/transport-node';
import type { Value } from '@tenon/domain';
import type { BusHeaders, BusMessage } from '@tenon/ports';

export function encodeHeaders(headers: BusHeaders | undefined): MsgHdrs | undefined {
  const names = Object.keys(headers ?? {});
  if (headers === undefined || names.length === 0) return undefined;
  const encoded = emptyHeaders();
  for (const name of names) encoded.set(name, headers[name] as string);
  return encoded;
}

/** @throws SyntaxError for a payload that is no JSON */
export function decodeMessage(message: Msg): BusMessage {
  const headers: Record<string, string> = {};
  for (const name of message.headers?.keys() ?? []) headers[name] = message.headers?.get(name) ?? '';
  return { subject: message.subject, payload: message.json<Value>(), headers };
}

/** The server's word that nobody listens to a request. */
export const isNoResponders = (message: Msg) => message.data.length === 0 && message.headers?.code === 503;
