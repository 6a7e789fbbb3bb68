/** Requests as the runtime would hand them to a route, without a socket. */
import type { HttpRequest, HttpResponse } from '@tenon/ports';

export interface RequestParts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  /** In the pieces in which it arrives. */
  readonly body?: readonly string[];
}

export function requestOf({ params = {}, query = {}, contentType, body = [] }: RequestParts): HttpRequest {
  const chunks = body.map((text) => Buffer.from(text));
  return {
    method: '',
    path: '',
    params,
    query,
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    body: (async function* () {
      yield* chunks;
    })(),
    readBody: async () => Buffer.concat(chunks),
    correlationId: 'simulated',
    signal: new AbortController().signal,
  };
}

/** The JSON of an answer, however the handler gives it. */
export const bodyOf = ({ json, text }: HttpResponse): unknown => json ?? JSON.parse(text ?? 'null');
