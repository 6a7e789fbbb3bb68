/** Requests as the runtime would hand them to a route, without a socket. */
import type { HttpRequest, HttpResponse } from '@tenon/ports';

export interface RequestParts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In the pieces in which it arrives. */
  readonly body?: readonly string[];
  /** Aborts when the client goes away; absent: it stays. */
  readonly signal?: AbortSignal;
}

export function requestOf(parts: RequestParts): HttpRequest {
  const { params = {}, query = {}, contentType, headers = {}, body = [] } = parts;
  const chunks = body.map((text) => Buffer.from(text));
  return {
    method: '',
    path: '',
    params,
    query,
    search: new URLSearchParams(query).toString(),
    headers: contentType === undefined ? headers : { ...headers, 'content-type': contentType },
    body: (async function* () {
      yield* chunks;
    })(),
    readBody: async () => Buffer.concat(chunks),
    correlationId: 'simulated',
    signal: parts.signal ?? new AbortController().signal,
  };
}

/** The JSON of an answer, however the handler gives it. */
export const bodyOf = ({ json, text }: HttpResponse): unknown => json ?? JSON.parse(text ?? 'null');
