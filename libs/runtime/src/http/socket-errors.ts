/** Answers on the bare socket: what Node refuses before there is a request (bad syntax, long headers, slow clients). */
import type { Ids } from '@tenon/ports';
import { CORRELATION_HEADER } from '@tenon/contracts';
import { HttpProblem } from '@tenon/errors';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { SAFE_HEADERS } from './browsers';
import { PROBLEM_TYPE, problemDocument } from './problem';

function problemFor(code: string | undefined): HttpProblem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new HttpProblem(431, 'headers-too-large', 'The request line and headers are over the limit.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpProblem(408, 'timeout', 'The request did not arrive in time.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new HttpProblem(413, 'too-large', 'The chunk extensions of the body are over the limit.');
    case 'HPE_INVALID_URL':
      return new HttpProblem(
        400,
        'bad-request',
        'The path or query has characters that must be percent-encoded.',
      );
    default:
      return new HttpProblem(400, 'bad-request', 'This is not HTTP/1.1 as RFC 9112 has it.');
  }
}

/** For the server's `clientError` event. The connection can't be used after it. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, ids: Ids): void {
  // As Node's own default handler does: where an answer has begun, another one would garble it.
  const current = (socket as { _httpMessage?: ServerResponse | null })._httpMessage;
  if (!socket.writable || error.code === 'ECONNRESET' || current?.headersSent === true) {
    socket.destroy();
    return;
  }
  const problem = problemFor(error.code);
  const correlationId = ids.next();
  const document = problemDocument(problem, '', correlationId);
  const body = JSON.stringify(document);
  const head = [
    `HTTP/1.1 ${problem.status} ${document.title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `${CORRELATION_HEADER}: ${correlationId}`,
    ...Object.entries(SAFE_HEADERS).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
}
