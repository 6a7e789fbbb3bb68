import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Route } from '@tenon/ports';
import { eventually } from '@tenon/testing';
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose';
import { recordingLogger, serve } from '../http/http-fixture';
import { BearerJwt } from './bearer-jwt';
import { createGuard } from './guard';
import { sessionRoute } from './session';
import { StaticTokens, hashOf } from './static-tokens';

const route = (method: 'GET' | 'POST', path: string, hot = false): Route => ({
  ...{ method, path, hot, query: [] },
  handle: async () => ({ status: 200, json: path }),
});

const ROUTES = [
  route('GET', '/healthz'),
  route('POST', '/v1/sources/:source/events', true),
  route('GET', '/v1/products/:name/rows'),
  route('GET', '/v1/status'),
  route('GET', '/v1/catalog'),
  route('POST', '/v1/cuts'),
  route('GET', '/v1/something-new'),
];

const directory = mkdtempSync(join(tmpdir(), 'tenon-access-'));
const file = join(directory, 'tokens.yaml');

function writeTokens(entries: readonly object[]) {
  writeFileSync(`${file}.new`, entries.map((entry) => `- ${JSON.stringify(entry)}\n`).join(''));
  renameSync(`${file}.new`, file);
}

const entry = (token: string, ...grants: string[]) => ({
  name: `who has ${token}`,
  sha256: hashOf(token),
  grants,
});

afterAll(() => rmSync(directory, { recursive: true }));

describe('with tokens', () => {
  const logger = recordingLogger();
  let server: Awaited<ReturnType<typeof serve>>;
  let tokens: StaticTokens;

  const ask = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
    const response = await fetch(server.url + path, { method, headers, ...(body !== undefined && { body }) });
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
    return { status: response.status, code: problem.code, detail: problem.detail, headers: response.headers };
  };
  const as = (token: string) => ({ authorization: `Bearer ${token}` });

  beforeAll(async () => {
    writeTokens([
      ...[entry('shop', 'ingest:orders'), entry('board', 'read:sales_*'), entry('ops', 'operate')],
      ...[entry('ci', 'read'), entry('any', 'read:*')],
    ]);
    tokens = new StaticTokens(file, logger, 20);
    const guard = createGuard({ tokens }, logger);
    server = await serve([...ROUTES, sessionRoute(guard, false)], { guard });
  });

  afterAll(async () => {
    tokens.close();
    await server.close();
  });

  test.each([
    ['GET', '/v1/status'],
    ['POST', '/v1/sources/orders/events'],
    ['GET', '/v1/products/sales_eu/rows'],
    ['POST', '/v1/cuts'],
    ['GET', '/v1/something-new'],
  ])('%s %s needs one', async (method, path) => {
    const { status, code, headers } = await ask(method, path);
    expect([status, code, headers.get('www-authenticate')]).toEqual([
      401,
      'unauthenticated',
      'Bearer realm="tenon"',
    ]);
    for (const wrong of [as('stranger'), { authorization: 'Basic c2hvcA==' }, { authorization: 'shop' }])
      expect((await ask(method, path, wrong)).status).toBe(401);
  });

  test.each([
    ['shop', 'POST', '/v1/sources/orders/events', 200],
    ['shop', 'POST', '/v1/sources/others/events', 403],
    ['shop', 'GET', '/v1/status', 403],
    ['board', 'GET', '/v1/products/sales_eu/rows', 200],
    ['board', 'GET', '/v1/products/orders/rows', 403],
    ['board', 'GET', '/v1/products/sales_eu%2F..%2Forders/rows', 403],
    ['board', 'GET', '/v1/status', 200],
    ['board', 'GET', '/v1/catalog', 403],
    ['ci', 'GET', '/v1/catalog', 200],
    ['any', 'GET', '/v1/catalog', 200],
    ['ops', 'GET', '/v1/catalog', 200],
    ['board', 'POST', '/v1/cuts', 403],
    ['board', 'GET', '/v1/something-new', 403],
    ['ops', 'POST', '/v1/cuts', 200],
    ['ops', 'GET', '/v1/products/orders/rows', 200],
    ['ops', 'GET', '/v1/something-new', 200],
    ['ops', 'POST', '/v1/sources/orders/events', 403],
  ])('%s: %s %s is %i', async (token, method, path, status) => {
    const answer = await ask(method, path, as(token));
    expect(answer.status).toBe(status);
    if (status === 403 && answer.code !== undefined) expect(answer.code).toMatch(/^not-allowed$|^bad-/);
  });

  test('health is for everybody', async () => {
    expect((await ask('GET', '/healthz')).status).toBe(200);
  });

  test('each act of operate is in the audit log, with who and what came of it; tokens are in no line', async () => {
    await ask('POST', '/v1/cuts', as('ops'));
    await eventually('a line', () => logger.lines.some(({ message }) => message === 'audit'));
    expect(logger.lines.find(({ message }) => message === 'audit')?.fields).toMatchObject({
      ...{ who: 'who has ops', act: 'POST /v1/cuts', status: 200 },
    });
    expect(JSON.stringify([...logger.lines, ...server.logger.lines])).not.toMatch(/Bearer/);
  });

  test('a page signs in with a cookie that scripts can’t read', async () => {
    const signIn = (token: string) =>
      ask('POST', '/v1/session', { 'content-type': 'application/json' }, JSON.stringify({ token }));
    const { status, headers } = await signIn('board');
    const cookie = headers.get('set-cookie') ?? '';
    expect([status, cookie]).toEqual([204, expect.stringMatching(/HttpOnly; SameSite=Strict/)]);
    const carried = { cookie: `other=1; ${cookie.split(';')[0]}` };
    expect((await ask('GET', '/v1/products/sales_eu/rows', carried)).status).toBe(200);
    expect((await ask('POST', '/v1/cuts', carried)).status).toBe(403);
    expect((await signIn('stranger')).status).toBe(401);
    expect((await ask('POST', '/v1/session', {}, '{"tokens":1}')).code).toBe('bad-request');
    expect((await signIn('')).headers.get('set-cookie')).toContain('Max-Age=0');
  });

  test('the file is read again when it changes; one that can’t be used changes nothing', async () => {
    writeFileSync(`${file}.new`, '- {name: x}');
    renameSync(`${file}.new`, file);
    await eventually('a word', () => logger.lines.some(({ message }) => message.includes('old ones')));
    expect((await ask('GET', '/v1/status', as('board'))).status).toBe(200);
    writeTokens([entry('another', 'read')]);
    await eventually(
      'the new one',
      async () => (await ask('GET', '/v1/status', as('another'))).status === 200,
    );
    expect((await ask('GET', '/v1/status', as('board'))).status).toBe(401);
  });
});

test.each([
  ['a hash that is none', '- {name: a, sha256: abc, grants: [read]}', /0\.sha256/],
  ['a grant that is none', `- {name: a, sha256: ${'0'.repeat(64)}, grants: [write]}`, /0\.grants\.0/],
  ['a word that is not known', `- {name: a, sha256: ${'0'.repeat(64)}, grants: [read], role: x}`, /role/],
  ['no YAML', '{', /TENON_TOKENS/],
])('a file of tokens with %s is refused and says where', (_what, text, message) => {
  const path = join(directory, 'wrong.yaml');
  writeFileSync(path, text);
  expect(() => new StaticTokens(path, recordingLogger())).toThrow(message);
});

describe('with JWTs of an issuer', () => {
  let issuer: Server;
  let url: string;
  let keys: CryptoKeyPairOfJose;
  type CryptoKeyPairOfJose = Awaited<ReturnType<typeof generateKeyPair>>;
  let asked = 0;

  const sign = (
    claims: object,
    { audience = 'tenon', expires = '1h', key = keys.privateKey, from = url } = {},
  ) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setSubject('ann')
      .setIssuer(from)
      .setAudience(audience)
      .setExpirationTime(expires)
      .sign(key);

  beforeAll(async () => {
    keys = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' };
    issuer = createServer((request, response) => {
      asked += 1;
      const discovery = request.url?.includes('.well-known') ? { jwks_uri: `${url}/keys` } : { keys: [jwk] };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(discovery));
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  });

  afterAll(() => issuer.close());

  const begin = (now?: () => number) =>
    new BearerJwt({ issuer: url, audience: 'tenon', claim: 'scope' }, now);

  test('one that it signed names who it is of and what he may; its keys are found and kept', async () => {
    const jwt = begin();
    asked = 0;
    const token = await sign({ scope: 'openid tenon:read:sales_* tenon:nothing read' });
    const identity = await jwt.identify(token);
    expect(identity?.name).toBe('ann');
    expect(identity?.grants.allow({ role: 'read', of: 'sales_eu' })).toBe(true);
    expect(identity?.grants.allow({ role: 'read', of: 'orders' })).toBe(false);
    await jwt.identify(token);
    await jwt.identify(await sign({ scope: ['tenon:operate'] }));
    expect(asked).toBe(2);
  });

  test('others are not known', async () => {
    const jwt = begin();
    const stranger = await generateKeyPair('ES256');
    const unsigned = new UnsecuredJWT({ scope: 'tenon:operate' })
      .setIssuer(url)
      .setAudience('tenon')
      .encode();
    for (const token of [
      await sign({}, { audience: 'other' }),
      await sign({}, { expires: '-1m' }),
      await sign({}, { key: stranger.privateKey }),
      await sign({}, { from: 'https://elsewhere.example' }),
      unsigned,
      'a.b.c',
    ])
      expect(await jwt.identify(token)).toBeUndefined();
  });

  test('it ends when it says that it does, remembered or not', async () => {
    let now = Date.now();
    const jwt = begin(() => now);
    const token = await sign({ scope: 'tenon:read' }, { expires: '2s' });
    expect(await jwt.identify(token)).toBeDefined();
    now += 3_000;
    await eventually('its end', async () => (await jwt.identify(token)) === undefined, {
      timeoutMs: 120_000,
    });
  });

  test('an issuer that can’t be asked is no fault of the token', async () => {
    const jwt = new BearerJwt({ issuer: 'http://127.0.0.1:1', audience: 'tenon', claim: 'scope' });
    const guard = createGuard({ jwt }, recordingLogger());
    await expect(guard.identify(await sign({}))).rejects.toMatchObject({
      status: 503,
      code: 'keys-unavailable',
    });
  });
});
