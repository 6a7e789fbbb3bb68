/** Whole answers in fewer bytes, for whoever takes them so. Streams go as they are: what is live must not wait for a block to fill. */
import type { HttpResponse } from '@tenon/ports';
import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { contentOf } from './respond';

/** Below it, the work is more than what is saved. */
export const LEAST_BYTES = 2048;
const COMPRESSIBLE = /^(application\/([\w.-]+\+)?(json|x-ndjson|javascript|yaml)|text\/|image\/svg)/;

const [brotli, gzipped] = [promisify(brotliCompress), promisify(gzip)];
// Its default takes ten times as long as gzip does.
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** Of equal weight, the first (RFC 9110, section 12.5.3). */
const ENCODINGS = ['br', 'gzip'];

/** The answer as the client takes it best; itself if it is small, a stream, or no text. */
export async function compressAnswer(request: IncomingMessage, answer: HttpResponse): Promise<HttpResponse> {
  const body = answer.stream === undefined ? contentOf(answer) : null;
  if (body === null || Buffer.byteLength(body.content) < LEAST_BYTES) return answer;
  const given = Object.entries(answer.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const headers: Record<string, string> = { 'content-type': body.type, ...Object.fromEntries(given) };
  if (!COMPRESSIBLE.test(headers['content-type'] ?? '') || headers['content-encoding'] !== undefined)
    return answer;
  // It is another answer to who takes less, whatever this one takes.
  headers['vary'] = varying(headers['vary']);
  const encoding = request.method === 'HEAD' ? undefined : encodingFor(request);
  if (encoding === undefined) return { ...rest(answer), headers, bytes: bytesOf(body.content) };
  const bytes = encoding === 'br' ? await brotli(body.content, BROTLI) : await gzipped(body.content);
  return { ...rest(answer), headers: { ...headers, 'content-encoding': encoding }, bytes };
}

function encodingFor(request: IncomingMessage): string | undefined {
  // Who names none may take any, and wants none (curl, scripts).
  if (request.headers['accept-encoding'] === undefined) return undefined;
  const [best] = new Negotiator(request).encodings([...ENCODINGS, 'identity']);
  return best === 'identity' ? undefined : best;
}

const varying = (vary: string | undefined): string =>
  vary === undefined
    ? 'accept-encoding'
    : /accept-encoding|\*/i.test(vary)
      ? vary
      : `${vary}, accept-encoding`;

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content) : content;

const rest = ({ status }: HttpResponse): Pick<HttpResponse, 'status'> => ({ status });
