import { HttpProblem, TenonError, Unavailable } from '@tenon/errors';
import type { Route } from '@tenon/ports';
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { eventually } from '@tenon/testing';
import { bodyOf, raw, serve } from './http-fixture';

const echo = (path: string, hot: boolean): Route => ({
  method: 'POST',
  path,
  hot,
  query: ['items'],
  handle: async (request) => {
    const body = await request.readBody(1_000);
    return { status: 202, json: { params: request.params, query: request.query, bytes: body.length } };
  },
});

const upload: Route = {
  method: 'POST',
  path: '/upload',
  hot: true,
  query: [],
  handle: async (request) => {
    let bytes = 0;
    for await (const chunk of request.body) bytes += chunk.length;
    return { status: 200, json: { bytes } };
  },
};

const any: Route = {
  method: 'GET',
  path: '/v1/things/:name',
  query: null,
  handle: async (request) => ({ status: 200, json: { params: request.params, query: request.query } }),
};

const failing = (error: () => unknown): Route => ({
  method: 'GET',
  path: '/fail',
  query: [],
  handle: async () => {
    throw error();
  },
});

const directory = mkdtempSync(join(tmpdir(), 'tenon-statics-'));
writeFileSync(join(directory, 'index.html'), '<p>page</p>');
writeFileSync(join(directory, '.hidden'), 'secret');
mkdirSync(join(directory, 'sub'));
const statics = [{ prefix: '/', directory }];

const running: { close(): Promise<void> }[] = [];
const start = async (...parameters: Parameters<typeof serve>) => {
  const server = await serve(...parameters);
  running.push(server);
  return server;
};
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())));

const ROUTES = [echo('/hot/:name', true), echo('/plain/:name', false), upload, any];

describe.each(['hot', 'plain'])('a %s route', (kind) => {
  const post = (url: string, init: RequestInit = {}) => fetch(url, { method: 'POST', body: 'x', ...init });

  it('gets its parameters, query and body', async () => {
    const { url } = await start(ROUTES);
    const answer = await post(`${url}/${kind}/a%20b?items=all`, { body: 'hello' });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ params: { name: 'a b' }, query: { items: 'all' }, bytes: 5 });
  });

  it.each([
    ['an unknown parameter', '?other=1', 'unknown-parameter'],
    ['a repeated parameter', '?items=all&items=all', 'repeated-parameter'],
    ['a bracketed parameter', '?items[$ne]=all', 'bad-parameter'],
    ['an encoded bracket', '?items%5B%5D=all', 'bad-parameter'],
    ['a bad percent-encoding', '?items=%E0%A4%A', 'bad-encoding'],
  ])('refuses %s', async (_what, query, code) => {
    const { url } = await start(ROUTES);
    const answer = await post(`${url}/${kind}/a${query}`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({
      code,
      status: 400,
      title: 'Bad Request',
      instance: `/${kind}/a`,
    });
  });

  it('answers another method with 405 and what it takes', async () => {
    const { url } = await start(ROUTES);
    const answer = await fetch(`${url}/${kind}/a`, { method: 'DELETE' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect(await answer.json()).toMatchObject({ code: 'method-not-allowed' });
  });

  it('echoes the correlation ID of the client', async () => {
    const { url } = await start(ROUTES);
    const answer = await post(`${url}/${kind}/a`, {
      headers: { 'X-Correlation-Id': 'order 7/ä'.slice(0, 7) },
    });
    expect(answer.headers.get('x-correlation-id')).toBe('order 7');
  });

  it('makes a correlation ID where there is none, and logs it', async () => {
    const { url, logger } = await start(ROUTES);
    const answer = await post(`${url}/${kind}/a`, { headers: { 'X-Correlation-Id': '' } });
    expect(answer.headers.get('x-correlation-id')).toBe('id-1');
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ correlationId: 'id-1' }) }),
    );
  });

  it.each([['x'.repeat(129)], ['caf\u00e9']])(
    'refuses the correlation ID %j rather than change it',
    async (id) => {
      const { url } = await start(ROUTES);
      const answer = await post(`${url}/${kind}/a`, { headers: { 'X-Correlation-Id': id } });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'bad-correlation-id', correlationId: 'id-1' });
    },
  );

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('reads a body in %s', async (encoding, compress) => {
    const { url } = await start(ROUTES);
    const body = compress(Buffer.from('hello'));
    const answer = await post(`${url}/${kind}/a`, { body, headers: { 'content-encoding': encoding } });
    expect(await answer.json()).toMatchObject({ bytes: 5 });
  });

  it.each([
    ['over the limit', Buffer.alloc(1_001), undefined, 413, 'too-large'],
    ['a bomb', gzipSync(Buffer.alloc(10_000_000)), 'gzip', 413, 'too-large'],
    ['corrupt', Buffer.from('not gzip'), 'gzip', 400, 'bad-encoding'],
    ['cut short', gzipSync(Buffer.from('hello')).subarray(0, 15), 'gzip', 400, 'bad-encoding'],
    ['of an unknown encoding', Buffer.from('x'), 'zstd', 415, 'unsupported-content-encoding'],
    ['encoded twice', Buffer.from('x'), 'gzip, gzip', 415, 'unsupported-content-encoding'],
  ])('refuses a body that is %s, and goes on', async (_what, body, encoding, status, code) => {
    const { url } = await start(ROUTES);
    const headers: Record<string, string> = encoding === undefined ? {} : { 'content-encoding': encoding };
    const answer = await post(`${url}/${kind}/a`, { body, headers });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
    expect((await post(`${url}/${kind}/a`)).status).toBe(202);
  });

  it('refuses a chunked body over the limit while it arrives', async () => {
    const { port } = await start(ROUTES);
    const chunk = `400\r\n${'x'.repeat(0x400)}\r\n`;
    const head = `POST /${kind}/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`;
    const answer = await raw(port, head + chunk + chunk);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(bodyOf(answer)).toMatchObject({ code: 'too-large' });
  });

  it('answers 408 to a body that does not arrive', async () => {
    const { port } = await start(ROUTES, { limits: { bodyTimeoutMs: 60 } });
    const answer = await raw(port, `POST /${kind}/a HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc`);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(bodyOf(answer)).toMatchObject({ code: 'timeout' });
  });
});

it('a body that compresses well is no bomb', async () => {
  const { url } = await start(ROUTES);
  const lines = Array.from({ length: 50_000 }, (_, i) => `{"customer":"ann","count":${i}}`).join('\n');
  const answer = await fetch(`${url}/upload`, {
    method: 'POST',
    body: gzipSync(lines),
    headers: { 'content-encoding': 'gzip' },
  });
  expect(await answer.json()).toEqual({ bytes: lines.length });
});

describe('paths', () => {
  it.each(['/%E0%A4%A', '/v1/things/%E0%A4%A', '/v1/things/a%00b'])('answers 400 to %s', async (path) => {
    const { port } = await start(ROUTES, { statics });
    const answer = await raw(port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(bodyOf(answer)).toMatchObject({ code: 'bad-encoding' });
  });

  it('answers 404 with a problem document where there is nothing', async () => {
    const { url } = await start(ROUTES, { statics });
    const answer = await fetch(`${url}/nothing?secret=1`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      type: 'urn:tenon:problem:not-found',
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing at this path.',
      code: 'not-found',
      instance: '/nothing',
      correlationId: 'id-1',
    });
  });

  it('keeps an encoded slash within its parameter', async () => {
    const { url } = await start(ROUTES);
    const answer = await fetch(`${url}/v1/things/..%2f..%2fetc?origin=x&__proto__=y`);
    const { params, query } = (await answer.json()) as { params: { name: string }; query: object };
    expect(params.name).toBe('../../etc');
    expect(Object.entries(query)).toEqual([
      ['origin', 'x'],
      ['__proto__', 'y'],
    ]);
  });

  it('lists the methods to OPTIONS and answers HEAD like GET', async () => {
    const { url } = await start(ROUTES);
    const options = await fetch(`${url}/v1/things/a`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD']);
    const head = await fetch(`${url}/v1/things/a`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('files', () => {
  it('are served with their index and a correlation ID', async () => {
    const { url } = await start([], { statics });
    const answer = await fetch(`${url}/`);
    expect([answer.status, await answer.text()]).toEqual([200, '<p>page</p>']);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-correlation-id')).toBe('id-1');
  });

  it.each(['/.hidden', '/../package.json', '/..%2f..%2fetc/passwd', '/sub'])(
    'do not include %s',
    async (path) => {
      const { port } = await start([], { statics });
      const answer = await raw(port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 40[34] /);
      expect(bodyOf(answer)).toHaveProperty('code');
    },
  );

  it('can only be read', async () => {
    const { url } = await start([], { statics });
    const answer = await fetch(`${url}/index.html`, { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await fetch(`${url}/none.html`, { method: 'POST' })).status).toBe(404);
  });
});

describe('errors', () => {
  it('of a handler keep their code, extra members and headers', async () => {
    const problem = new HttpProblem(429, 'quota', 'Too fast.', { limit: 3 }, { 'Retry-After': '7' });
    const { url } = await start([failing(() => problem)]);
    const answer = await fetch(`${url}/fail`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await answer.json()).toMatchObject({ code: 'quota', limit: 3 });
  });

  it('that are unexpected say nothing of the inside, and are logged with the correlation ID', async () => {
    const { url, logger } = await start([failing(() => new Error('password 123'))]);
    const answer = await fetch(`${url}/fail`);
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', correlationId: 'id-1' });
    expect(text).not.toContain('123');
    const line = logger.lines.find(({ level }) => level === 'error');
    expect(line?.fields).toMatchObject({ correlationId: 'id-1', err: expect.any(Error) });
  });

  it.each([
    [() => new Unavailable('The log is down.'), 503, 'unavailable'],
    [() => new TenonError('broken', 'No.'), 500, 'internal'],
    [() => new TenonError('record-too-large', 'Too large.'), 413, 'record-too-large'],
    [() => 'a string', 500, 'internal'],
  ])('%p is a %d %s', async (error, status, code) => {
    const { url } = await start([failing(error)]);
    const answer = await fetch(`${url}/fail`);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
    expect(await answer.json()).toMatchObject({ code });
  });
});

describe('what is refused before there is a request', () => {
  it.each([
    [
      'headers over the limit',
      `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    ['nonsense', 'nonsense\r\n\r\n', 400, 'bad-request'],
    ['no Host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'bad-request'],
    ['headers that do not arrive', 'GET / HTTP/1.1\r\nhost:', 408, 'timeout'],
    ['nothing at all', '', 408, 'timeout'],
    [
      'another expectation',
      'GET / HTTP/1.1\r\nhost: x\r\nexpect: tea\r\nconnection: close\r\n\r\n',
      417,
      'expectation-failed',
    ],
    ['a path that is not encoded', 'GET /é HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'bad-request'],
  ])('%s: a problem document too', async (_what, text, status, code) => {
    const { port } = await start(ROUTES, { limits: { headersTimeoutMs: 80 } });
    const answer = await raw(port, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(bodyOf(answer)).toMatchObject({ status, code });
  });
});

describe('a streamed body', () => {
  it('may take longer than any deadline as long as it goes on', async () => {
    const upload = async (idleTimeoutMs: number): Promise<unknown> => {
      const { url } = await start(ROUTES, {
        limits: { idleTimeoutMs, bodyTimeoutMs: 50, headersTimeoutMs: 50 },
      });
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          for (let index = 0; index < 11; index += 1) {
            controller.enqueue(Buffer.from('line\n'));
            await new Promise((resolve) => setTimeout(resolve, idleTimeoutMs / 10));
          }
          controller.close();
        },
      });
      const answer = await fetch(`${url}/upload`, { method: 'POST', body, duplex: 'half' } as RequestInit);
      return answer.json();
    };
    // On a machine that stands still for as long, a short pause is a long one.
    let found: unknown;
    for (const idleTimeoutMs of [1_000, 4_000, 16_000]) {
      found = await upload(idleTimeoutMs).catch((error: unknown) => error);
      if ((found as { bytes?: number }).bytes === 55) break;
    }
    expect(found).toEqual({ bytes: 55 });
  });

  it('is 408 when the client pauses', async () => {
    const { port } = await start(ROUTES, { limits: { idleTimeoutMs: 60 } });
    const head = 'POST /upload HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(await raw(port, `${head}5\r\nhello\r\n`)).toMatch(/^HTTP\/1.1 408 /);
  });

  it.each([
    ['a bomb', gzipSync(Buffer.alloc(3_000_000)), 413],
    ['a small bomb', gzipSync(Buffer.alloc(20_000)), 413],
    ['corrupt', Buffer.from('no gzip'), 400],
    ['cut short', gzipSync(Buffer.alloc(3_000)).subarray(0, 20), 400],
  ])('is refused when it is %s', async (_what, body, status) => {
    const { url } = await start(ROUTES);
    const answer = await fetch(`${url}/upload`, {
      method: 'POST',
      body,
      headers: { 'content-encoding': 'gzip' },
    });
    expect(answer.status).toBe(status);
  });
});

it('who goes away while a route waits is not told as an end of the server', async () => {
  let asked: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => (asked = resolve));
  const slow: Route = {
    method: 'GET',
    path: '/slow',
    query: null,
    handle: async ({ signal }) => {
      const ended = new Promise((resolve) => signal.addEventListener('abort', resolve));
      asked();
      await ended;
      throw new HttpProblem(503, 'shutting-down', 'This server ends.');
    },
  };
  const { url, logger } = await start([slow]);
  const leaving = new AbortController();
  const answer = fetch(`${url}/slow`, { signal: leaving.signal }).catch(() => undefined);
  await waits;
  leaving.abort();
  await answer;
  await eventually('it is told', () => logger.lines.length > 0);
  expect(logger.lines).toMatchObject([{ level: 'debug', fields: { code: 'aborted', status: 400 } }]);
});
