/** Request bodies: whole up to a limit, or as a stream; decompressed, with a deadline, and never more than they say. */
import { HttpProblem } from '@tenon/errors';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { BrotliDecompress, Gunzip, Inflate } from 'node:zlib';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Awaited, BodyWatch } from './body-watch';
import type { HttpLimits } from './limits';

type Decoder = Gunzip | Inflate | BrotliDecompress;

/** Refuses a body that grows out of proportion: what somebody sends in a packet must not be hours of work here. */
class Inflation {
  private came = 0;
  private size = 0;

  constructor(
    request: IncomingMessage,
    private readonly limits: HttpLimits,
  ) {
    request.on('data', (chunk: Buffer) => (this.came += chunk.length));
  }

  /** @param bytes that have come out of the decoder. @throws HttpProblem 413 */
  grow(bytes: number): void {
    this.size += bytes;
    const { maxInflationRatio } = this.limits;
    if (this.size <= this.came * maxInflationRatio) return;
    throw new HttpProblem(
      413,
      'too-large',
      `The body grows to more than ${maxInflationRatio} times its size when decompressed (TENON_MAX_INFLATION).`,
    );
  }
}

const tooLarge = (limit: number) =>
  new HttpProblem(
    413,
    'too-large',
    `The body is over the limit of ${limit} bytes (TENON_MAX_BODY, after decompression).`,
    {
      limit,
    },
  );

const tooSlow = () =>
  new HttpProblem(408, 'timeout', 'The body did not arrive in time.', {}, { connection: 'close' });

/** The client went away; nobody reads the answer. */
const gone = () => new HttpProblem(400, 'aborted', 'The request ended before its body was complete.');

/** @returns null where the body is as it is. @throws HttpProblem 415 for what can't be decoded. */
function decoderFor(request: IncomingMessage): Decoder | null {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined) return null;
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return null;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new HttpProblem(
        415,
        'unsupported-content-encoding',
        'Content-Encoding must be gzip, deflate or br (one of them), or absent.',
        {},
        { 'accept-encoding': 'gzip, deflate, br' },
      );
  }
}

/** Feeds the decoder by hand: `pipeline` would destroy the connection with it, and then nobody could be answered. */
function decoded(request: IncomingMessage, decoder: Decoder): Readable {
  request.once('error', () => decoder.destroy(gone()));
  return request.pipe(decoder);
}

function bodyError(error: unknown, decoder: Decoder | null): unknown {
  if (error instanceof HttpProblem) return error;
  const code = String((error as { code?: unknown } | null)?.code);
  if (decoder !== null && code !== 'ECONNRESET') {
    return new HttpProblem(
      400,
      'bad-encoding',
      'The body is not what its Content-Encoding says, or is cut short.',
    );
  }
  return gone();
}

/** Rejects with HttpProblem 413 above `limit`, 408 when it does not arrive in time, 400 and 415 for a bad encoding. */
export function readWhole(
  request: IncomingMessage,
  limit: number,
  limits: HttpLimits,
  watch: BodyWatch,
): Promise<Uint8Array> {
  const { headers } = request;
  if (headers['content-encoding'] !== undefined) return readDecoded(request, limit, limits, watch);
  const length = headers['content-length'];
  if (length !== undefined && Number(length) > limit) return Promise.reject(tooLarge(limit));
  return collect(request, request, limit, limits, watch);
}

async function readDecoded(
  request: IncomingMessage,
  limit: number,
  limits: HttpLimits,
  watch: BodyWatch,
): Promise<Uint8Array> {
  const decoder = decoderFor(request);
  if (decoder === null) return collect(request, request, limit, limits, watch);
  const inflation = new Inflation(request, limits);
  try {
    return await collect(decoded(request, decoder), request, limit, limits, watch, inflation);
  } catch (error) {
    throw bodyError(error, decoder);
  } finally {
    request.unpipe(decoder);
    decoder.destroy();
  }
}

/**
 * Gathers a body by listeners instead of an async iterator, since this is the hot path and most bodies are one chunk.
 * Listeners stay on: after a failure they drop what still comes.
 */
class Collector {
  private first: Buffer | null = null;
  private more: Buffer[] | null = null;
  private size = 0;
  private settled = false;
  private readonly awaited: Awaited;

  constructor(
    private readonly source: Readable,
    private readonly request: IncomingMessage,
    private readonly limit: number,
    private readonly watch: BodyWatch,
    private readonly inflation: Inflation | null,
    timeoutMs: number,
    private readonly resolve: (bytes: Uint8Array) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.awaited = watch.start(timeoutMs, () => this.fail(tooSlow()));
    source
      .on('data', (chunk: Buffer) => this.take(chunk))
      .on('end', () => this.end())
      .on('error', (error) => this.fail(this.source === this.request ? gone() : error));
  }

  private take(chunk: Buffer): void {
    if (this.settled) return;
    this.size += chunk.length;
    try {
      this.inflation?.grow(chunk.length);
    } catch (error) {
      return this.fail(error);
    }
    if (this.size > this.limit) this.fail(tooLarge(this.limit));
    else if (this.first === null) this.first = chunk;
    else (this.more ??= [this.first]).push(chunk);
  }

  private end(): void {
    if (this.settled) return;
    this.settle();
    this.resolve(this.more === null ? (this.first ?? NOTHING) : Buffer.concat(this.more, this.size));
  }

  private fail(error: unknown): void {
    if (this.settled) return;
    this.settle();
    this.source.pause();
    this.reject(error);
  }

  private settle(): void {
    this.settled = true;
    this.watch.stop(this.awaited);
  }
}

const NOTHING = new Uint8Array(0);

function collect(
  source: Readable,
  request: IncomingMessage,
  limit: number,
  limits: HttpLimits,
  watch: BodyWatch,
  inflation: Inflation | null = null,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (request.destroyed) reject(gone());
    else new Collector(source, request, limit, watch, inflation, limits.bodyTimeoutMs, resolve, reject);
  });
}

/**
 * The body as it arrives. Chunks are the reader's to keep.
 *
 * @throws HttpProblem 408 when the client pauses too long, 413 for a decompression bomb, 400 and 415 for a bad encoding
 */
export async function* readStream(
  request: IncomingMessage,
  limits: HttpLimits,
  watch: BodyWatch,
): AsyncGenerator<Uint8Array> {
  const decoder = decoderFor(request);
  const inflation = decoder === null ? null : new Inflation(request, limits);
  const source = decoder === null ? request : decoded(request, decoder);
  // Without this, leaving the loop early would destroy the connection before the answer.
  const iterator = source.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = (await inTime(iterator.next(), limits.idleTimeoutMs, watch)) as IteratorResult<Buffer>;
      if (next.done === true) return;
      inflation?.grow(next.value.length);
      yield next.value;
    }
  } catch (error) {
    throw bodyError(error, decoder);
  } finally {
    source.on('error', () => undefined);
    if (decoder !== null) {
      request.unpipe(decoder);
      decoder.destroy();
    }
  }
}

function inTime<T>(promise: Promise<T>, timeoutMs: number, watch: BodyWatch): Promise<T> {
  return new Promise((resolve, reject) => {
    const awaited = watch.start(timeoutMs, () => reject(tooSlow()));
    promise.then(
      (value) => {
        watch.stop(awaited);
        resolve(value);
      },
      (error: unknown) => {
        watch.stop(awaited);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
