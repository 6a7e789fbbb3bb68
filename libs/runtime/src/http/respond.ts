/** Writes answers: one `writeHead`, one `end`, and a length wherever it is known. */
import { CORRELATION_HEADER } from '@tenon/contracts';
import type { HttpProblem } from '@tenon/errors';
import type { HttpResponse } from '@tenon/ports';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { SAFE_HEADERS } from './browsers';
import { PROBLEM_TYPE, problemDocument, problemHeaders } from './problem';

const JSON_TYPE = 'application/json';

export interface Content {
  readonly content: string | Uint8Array;
  /** Its media type, unless the handler says another. */
  readonly type: string;
}

/** @returns text or bytes with their type; null if the answer has no body or streams one */
export function contentOf(answer: HttpResponse): Content | null {
  if (answer.json !== undefined) return { content: JSON.stringify(answer.json), type: JSON_TYPE };
  if (answer.text !== undefined) return { content: answer.text, type: 'text/plain; charset=utf-8' };
  if (answer.bytes !== undefined) return { content: answer.bytes, type: 'application/octet-stream' };
  return null;
}

/** The headers of an answer; what the handler says comes last. */
export function headersOf(
  answer: HttpResponse,
  correlationId: string,
  closing: boolean,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { [CORRELATION_HEADER]: correlationId, ...SAFE_HEADERS };
  if (closing) headers['connection'] = 'close';
  if (answer.headers !== undefined) {
    for (const name of Object.keys(answer.headers)) headers[name.toLowerCase()] = answer.headers[name];
  }
  return headers;
}

/** Sends an answer that is not a stream. @param body what stands in it, where that is known already */
export function sendAnswer(
  response: ServerResponse,
  answer: HttpResponse,
  correlationId: string,
  closing: boolean,
  body = contentOf(answer),
): void {
  if (response.headersSent || response.destroyed) return;
  const headers = headersOf(answer, correlationId, closing);
  if (body === null) {
    // Of a HEAD that was answered without making the body it is not known.
    if (answer.status !== 204 && answer.status !== 304 && response.req?.method !== 'HEAD')
      headers['content-length'] = 0;
    response.writeHead(answer.status, headers).end();
    return;
  }
  headers['content-type'] ??= body.type;
  headers['content-length'] = Buffer.byteLength(body.content);
  response.writeHead(answer.status, headers).end(body.content);
}

export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: HttpProblem,
  correlationId: string,
  closing: boolean,
): void {
  const document = problemDocument(problem, request.url ?? '/', correlationId);
  const headers = { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', ...problemHeaders(problem) };
  sendAnswer(response, { status: problem.status, headers, json: document }, correlationId, closing);
}
