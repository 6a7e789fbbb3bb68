import type { Route } from '@tenon/ports';
import { raw, serve } from './http-fixture';

const done: string[] = [];
const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/act',
    query: [],
    handle: async () => (done.push('act'), { status: 202, json: {} }),
  },
  {
    method: 'POST',
    path: '/hot',
    hot: true,
    query: [],
    handle: async () => (done.push('hot'), { status: 202, json: {} }),
  },
  { method: 'GET', path: '/read', query: [], handle: async () => ({ status: 200, json: {} }) },
];

const BROWSERS = { hosts: ['tenon.example', '*.inner.example'], origins: ['https://board.example'] };
let server: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => (server = await serve(ROUTES, { browsers: BROWSERS })));
afterAll(() => server.close());
beforeEach(() => void done.splice(0));

/** `METHOD /path` with these headers, and the port put where they say PORT. */
async function ask(line: string, headers: Readonly<Record<string, string>>) {
  const lines = Object.entries({ connection: 'close', 'content-length': '0', ...headers });
  const head = lines
    .map(([name, value]) => `${name}: ${value.replace('PORT', String(server.port))}\r\n`)
    .join('');
  const answer = await raw(server.port, `${line} HTTP/1.1\r\n${head}\r\n`);
  const [status = '', ...rest] = (answer.split('\r\n\r\n')[0] ?? '').split('\r\n');
  const known = rest.map((one) => one.split(': ') as [string, string]);
  return {
    status: Number(status.split(' ')[1]),
    code: /"code":"([^"]*)"/.exec(answer)?.[1],
    headers: new Headers(known),
  };
}

describe('the Host', () => {
  it.each([
    ['localhost'],
    ['LOCALHOST:1'],
    ['a.localhost'],
    ['localhost.'],
    ['127.0.0.1:PORT'],
    ['10.1.2.3'],
    ['[::1]:PORT'],
    ['tenon.example:80'],
    ['a.b.inner.example'],
  ])('%s is one of this server', async (host) => {
    expect((await ask('GET /read', { host })).status).toBe(200);
  });

  it.each([
    ['evil.example'],
    ['127.0.0.1.evil.example'],
    ['localhost.evil.example'],
    ['notlocalhost'],
    ['inner.example'],
    ['xinner.example'],
    ['tenon.example.evil.example'],
    ['0x7f.1'],
    ['localhost@evil.example'],
    [''],
    ['a,localhost'],
  ])('%j is that of somebody else, whatever is asked', async (host) => {
    for (const line of ['GET /read', 'POST /act', 'POST /hot', 'GET /nothing', 'OPTIONS /act'])
      expect(await ask(line, { host })).toMatchObject({ status: 403, code: 'host-not-allowed' });
    expect(done).toEqual([]);
  });
});

describe('a page of another origin', () => {
  const host = 'localhost:PORT';

  it.each([
    [{ origin: 'http://evil.example' }],
    [{ origin: 'http://localhost:1' }],
    [{ origin: 'null' }],
    [{ origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
  ])('can do nothing here: %j', async (headers) => {
    for (const line of ['POST /act', 'POST /hot'])
      expect(await ask(line, { host, ...headers })).toMatchObject({
        status: 403,
        code: 'origin-not-allowed',
      });
    expect(done).toEqual([]);
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', origin: 'http://evil.example' }],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
  ])('can load nothing either: %j', async (headers) => {
    expect(await ask('GET /read', { host, ...headers })).toMatchObject({
      status: 403,
      code: 'origin-not-allowed',
    });
  });

  it('may link to here', async () => {
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await ask('GET /read', { host, ...headers })).status).toBe(200);
  });

  it('may read and act where its origin is named, and is told so before it asks', async () => {
    const origin = 'https://board.example';
    const wish = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-correlation-id',
    };
    const preflight = await ask('OPTIONS /act', { host, origin, 'sec-fetch-site': 'cross-site', ...wish });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': 'content-type,x-correlation-id',
      vary: 'origin',
    });
    for (const line of ['POST /act', 'POST /hot', 'GET /read', 'GET /nothing']) {
      const answer = await ask(line, { host, origin, 'sec-fetch-site': 'cross-site' });
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    }
    expect(done).toEqual(['act', 'hot']);
  });

  it('is told nothing where it is not named', async () => {
    const wish = { 'access-control-request-method': 'POST' };
    for (const line of ['OPTIONS /act', 'GET /read']) {
      const { headers } = await ask(line, { host, origin: 'https://evil.example', ...wish });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

it.each([
  [{ host: 'localhost:PORT', origin: 'http://localhost:PORT', 'sec-fetch-site': 'same-origin' }],
  [{ host: 'tenon.example', origin: 'https://tenon.example' }],
  [{ host: 'localhost:PORT' }],
])('its own page, a proxy that ends TLS, and who is no browser may act: %j', async (headers) => {
  expect((await ask('POST /act', headers)).status).toBe(202);
});

it.each([
  'GET /read',
  'POST /act',
  'POST /hot',
  'GET /nothing',
  'DELETE /act',
  'OPTIONS /act',
  'GET /%',
  'x',
])('no browser guesses what the answer to %s is', async (line) => {
  expect((await ask(line, { host: 'localhost' })).headers.get('x-content-type-options')).toBe('nosniff');
});
