import type { HttpResponse, Route } from '@tenon/ports';
import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { LEAST_BYTES } from './compress';
import { serve } from './http-fixture';

const TEXT = JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id, name: 'größer' })));

async function* chunks(): AsyncGenerator<string> {
  yield TEXT;
}

/** Not all of them compressible, and more than a compressor or a socket holds back. */
async function* broken(): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < 200; piece++) yield randomBytes(64 << 10);
  throw new Error('broken');
}

const ANSWERS: Readonly<Record<string, () => HttpResponse>> = {
  json: () => ({
    status: 200,
    json: JSON.parse(TEXT) as unknown,
    headers: { etag: 'W/"1"', Vary: 'origin' },
  }),
  bytes: () => ({ status: 200, bytes: Buffer.from(TEXT), headers: { 'content-type': 'application/json' } }),
  small: () => ({ status: 200, text: 'x'.repeat(LEAST_BYTES - 1) }),
  binary: () => ({ status: 200, bytes: Buffer.alloc(10_000) }),
  ends: () => ({
    ...{ status: 200, stream: chunks(), ends: true },
    headers: { 'content-type': 'application/vnd.apache.arrow.stream', vary: 'accept' },
  }),
  broken: () => ({ status: 200, stream: broken(), ends: true, headers: { 'content-type': 'text/csv' } }),
  stream: () => ({ status: 200, stream: chunks(), headers: { 'content-type': 'application/x-ndjson' } }),
};

const route = (hot: boolean): Route => ({
  method: 'GET',
  path: hot ? '/hot/:name' : '/plain/:name',
  hot,
  query: [],
  handle: async ({ params }) => (ANSWERS[params['name'] as string] as () => HttpResponse)(),
});

let server: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  server = await serve([route(true), route(false)]);
});
afterAll(() => server.close());

interface Got {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

/** `fetch` would decompress it. */
function ask(path: string, accept?: string, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = accept === undefined ? {} : { 'accept-encoding': accept };
    get(server.url + path, { method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve({ headers: response.headers, bytes: Buffer.concat(parts) }));
    }).on('error', reject);
  });
}

describe.each(['hot', 'plain'])('a whole answer of a %s route', (kind) => {
  test.each([
    ['gzip', 'gzip', gunzipSync],
    ['br', 'br', brotliDecompressSync],
    ['gzip;q=0.5, br;q=0.1', 'gzip', gunzipSync],
    ['deflate, gzip', 'gzip', gunzipSync],
  ])('goes in fewer bytes to who takes %s', async (accept, encoding, decode) => {
    for (const name of ['json', 'bytes']) {
      const { headers, bytes } = await ask(`/${kind}/${name}`, accept);
      expect(headers).toMatchObject({
        'content-encoding': encoding,
        'content-length': String(bytes.length),
        'content-type': 'application/json',
        vary: name === 'json' ? 'origin, accept-encoding' : 'accept-encoding',
      });
      expect(bytes.length).toBeLessThan(TEXT.length / 4);
      expect(decode(bytes).toString()).toBe(TEXT);
    }
  });

  test.each([undefined, '', 'identity', 'zstd', 'gzip;q=0', 'gzip;q=0.1, identity;q=1'])(
    'goes as it is to who takes %s, and says that others get others',
    async (accept) => {
      const { headers, bytes } = await ask(`/${kind}/json`, accept);
      expect(headers['content-encoding']).toBeUndefined();
      expect(headers['vary']).toBe('origin, accept-encoding');
      expect(headers['etag']).toBe('W/"1"');
      expect(bytes.toString()).toBe(TEXT);
    },
  );

  test.each(['small', 'binary', 'stream'])('goes as it is if it is %s', async (name) => {
    const { headers } = await ask(`/${kind}/${name}`, 'gzip, br');
    expect(headers['content-encoding']).toBeUndefined();
  });

  test('has no body for HEAD', async () => {
    const { bytes, headers } = await ask(`/${kind}/json`, 'gzip', 'HEAD');
    expect(bytes).toHaveLength(0);
    expect(headers['content-length']).toBe(String(Buffer.byteLength(TEXT)));
  });

  test.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
    ['identity', (bytes: Buffer) => bytes],
  ])('that is streamed to its end goes as %s', async (accept, decode) => {
    const { headers, bytes } = await ask(`/${kind}/ends`, accept);
    expect(headers['content-encoding']).toBe(accept === 'identity' ? undefined : accept);
    expect([headers['vary'], headers['content-length']]).toEqual(['accept, accept-encoding', undefined]);
    expect(decode(bytes).toString()).toBe(TEXT);
    expect((await ask(`/${kind}/ends`, accept, 'HEAD')).bytes).toHaveLength(0);
  });

  test.each(['gzip', 'br', 'identity'])('as %s that fails in the middle is cut', async (accept) => {
    await expect(ask(`/${kind}/broken`, accept)).rejects.toThrow('aborted');
  });
});
