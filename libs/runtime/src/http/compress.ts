/** Answers in fewer bytes, for whoever takes them so. Live streams go as they are: they must not wait for a block to fill. */
import type { HttpResponse } from '@tenon/ports';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import Negotiator from 'negotiator';
import type { Transform } from 'node:stream';
import { Readable, pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import type { Content } from './respond';

/** Below it, the work is more than what is saved. */
export const LEAST_BYTES = 2048;
const COMPRESSIBLE =
  /^(application\/([\w.-]+\+)?(json|x-ndjson|javascript|yaml|vnd\.apache\.arrow\.stream)|text\/|image\/svg)/;

const [brotli, gzipped] = [promisify(brotliCompress), promisify(gzip)];
// Its default takes ten times as long as gzip does.
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** Of equal weight, the first (RFC 9110, section 12.5.3). */
const ENCODINGS = ['br', 'gzip'];

/** Whether it is another answer to who takes it compressed: most are small, and cost nothing more. */
export const isCompressible = ({ headers }: HttpResponse, { content, type }: Content): boolean =>
  content.length >= LEAST_BYTES &&
  COMPRESSIBLE.test(headerOf(headers, 'content-type') ?? type) &&
  headerOf(headers, 'content-encoding') === undefined;

/** The answer as the client takes it best. */
export async function compressed(
  request: IncomingMessage,
  answer: HttpResponse,
  { content, type }: Content,
): Promise<{ readonly answer: HttpResponse; readonly body: Content }> {
  const vary = varying(headerOf(answer.headers, 'vary'));
  const headers = { ...without(answer.headers, 'vary'), vary };
  const encoding = request.method === 'HEAD' ? undefined : encodingFor(request);
  if (encoding === undefined) return { answer: { ...answer, headers }, body: { content, type } };
  const bytes = encoding === 'br' ? await brotli(content, BROTLI) : await gzipped(content);
  return {
    answer: { ...answer, headers: { ...headers, 'content-encoding': encoding } },
    body: { content: bytes, type },
  };
}

/** A stream of what is there already, as the client takes it best. */
export function compressedStream(
  request: IncomingMessage,
  headers: OutgoingHttpHeaders,
  chunks: AsyncIterable<string | Uint8Array>,
): AsyncIterable<string | Uint8Array> {
  if (!COMPRESSIBLE.test(String(headers['content-type'])) || headers['content-encoding'] !== undefined)
    return chunks;
  headers['vary'] = varying(headers['vary'] as string | undefined);
  const encoding = request.method === 'HEAD' ? undefined : encodingFor(request);
  if (encoding === undefined) return chunks;
  headers['content-encoding'] = encoding;
  return through(chunks, encoding === 'br' ? createBrotliCompress(BROTLI) : createGzip());
}

/** What the chunks throw is thrown by what comes out. */
async function* through(
  chunks: AsyncIterable<string | Uint8Array>,
  compressor: Transform,
): AsyncGenerator<Uint8Array> {
  // Its error is thrown by the loop below too.
  pipeline(Readable.from(chunks, { objectMode: false, highWaterMark: 1 }), compressor, () => undefined);
  yield* compressor as AsyncIterable<Uint8Array>;
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

type Headers = HttpResponse['headers'];

/** Handlers write names in any case. */
const headerOf = (headers: Headers, name: string): string | undefined =>
  Object.entries(headers ?? {}).find(([one]) => one.toLowerCase() === name)?.[1];

const without = (headers: Headers, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers ?? {}).filter(([one]) => one.toLowerCase() !== name));
