/** /openapi.json says what the running services answer: every operation is asked, every answer is held against it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Host, ServiceName } from '@tenon/composition';
import { SERVICES, startHost } from '@tenon/composition';
import { OPERATIONS } from '@tenon/contracts/schemas';
import { createLogger, readSettings } from '@tenon/runtime';
import { eventually } from '@tenon/testing';
import { OpenApi } from './openapi';
import { Tenon } from './tenon';

const SOURCE = `
description: What is sold
key: customer
time: sold
schema:
  type: object
  required: [customer, sold]
  $defs: { money: { type: number, multipleOf: 0.01 } }
  properties:
    customer: { type: string }
    sold: { type: string, format: date-time }
    price: { $ref: '#/$defs/money' }
    count: { type: integer }
    divisor: { type: integer }
    tags: { type: array, items: { type: string } }
`;

/** Each shape that a value of an answer may have. */
const SHAPES = `
SELECT time_bucket(INTERVAL '1 hour', sold) AS window_start, customer, count(*) AS n, sum(price) AS total,
  sum(count) AS counted, avg(count) AS mean, max(price)::DECIMAL(12, 2) AS money, histogram(customer) AS names,
  {'first': min(sold), 'n': count(*)} AS pair, [min(count), max(count)] AS both, bool_or(count > 1) AS large,
  max(sold)::DATE AS day, 1.0::DOUBLE / 0 AS endless, sum(count)::TINYINT AS small
FROM sales GROUP BY ALL`;
const TOTAL = `SELECT count(*) AS n, sum(count) AS counted FROM sales`;
/** A key that is called as an option is, and a row that it can't take. */
const BREAKS = `
SELECT customer AS "from", sum(CASE divisor WHEN 0 THEN CAST(customer AS INTEGER) ELSE divisor END) AS broken
FROM sales GROUP BY ALL`;

const AT = '2001-01-01T10:05:00Z';
const SALE = { customer: 'ann', sold: AT, price: 12.5, count: 3, divisor: 2, tags: ['a'] };

let openApi: OpenApi;
const tenon = new Tenon();

beforeAll(async () => {
  tenon.file('sources/sales.yaml', SOURCE);
  tenon.file('products/shapes.sql', SHAPES);
  tenon.file('products/total.sql', TOTAL);
  tenon.file('products/breaks.sql', BREAKS);
  await tenon.start();
  openApi = await OpenApi.of(tenon.url);
});

afterAll(() => tenon.stop());

/** @returns the answer, which is as the document says */
async function ask(method: string, path: string, init: RequestInit = {}, of = openApi, url = tenon.url) {
  const response = await fetch(url + path, { method, ...init });
  const text = await response.text();
  const contentType = response.headers.get('content-type');
  const answer = { method, url: path, status: response.status, contentType, text };
  expect(of.faultsOf(answer)).toEqual([]);
  return answer;
}

const post = (body: unknown, type = 'application/json', headers = {}): RequestInit => ({
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'content-type': type, ...headers },
});

const json = (answer: { readonly text: string }) => JSON.parse(answer.text) as Record<string, unknown>;

/** Every step in the life of a product's versions, and each that can't be taken. */
async function versions() {
  const step = async (path: string) => (await ask('POST', `/v1/products/total/${path}`)).status;
  const state = async (wanted: string) =>
    eventually(wanted, async () => {
      const all = json(await ask('GET', '/v1/products/total'))['versions'] as { state: string }[];
      return all.some((one) => one.state === wanted);
    });
  expect((await ask('POST', '/v1/apply')).status).toBe(200);
  expect([await step('promote'), await step('rollback'), await step('cancel')]).toEqual([409, 409, 409]);
  expect(await step('reprocess')).toBe(202);
  expect(await step('reprocess')).toBe(409);
  await state('ready');
  expect([await step('pause'), await step('promote?version=7'), await step('drop?version=1')]).toEqual([
    409, 404, 409,
  ]);
  expect([await step('promote'), await step('rollback'), await step('drop?version=2')]).toEqual([
    200, 200, 200,
  ]);
  await state('dropping');
  // From 1 on the numbers go up: one that is built now is stopped before it is ready, or after.
  expect(await step('reprocess?promote=false')).toBe(202);
  const paused = await step('pause');
  expect(await step('throttle?throttle=x')).toBe(400);
  expect(await step('throttle')).toBe(paused);
  expect(await step('resume')).toBe(paused);
  expect(await step('cancel')).toBe(200);
  const restate = async (body: object | string) =>
    (await ask('POST', '/v1/products/total/restate', post(body))).status;
  expect([await restate({ where: 'none > 1' }), await restate('{')]).toEqual([400, 400]);
  expect(await restate({ ids: ['a'], where: 'count > 1000', replace: { count: '1' } })).toBe(202);
  expect([await restate({ ids: ['a'] }), await step('cancel')]).toEqual([409, 200]);
  const switched = ['kappa', 'delta', 'lambda'].map((topology) => `switch?topology=${topology}`);
  for (const [index, status] of [202, 400, 202].entries())
    expect(await step(switched[index] as string)).toBe(status);
  await ask('POST', '/v1/products/none/rollback');
}

test('every operation is asked, in every way that it answers, and answers as it is described', async () => {
  const events = '/v1/sources/sales/events';
  await ask('POST', events, post(SALE));
  await ask(
    'POST',
    `${events}?items=all`,
    post([SALE, { customer: 'bob', sold: AT, divisor: 0, count: 900 }, { x: 1 }, 7]),
  );
  const event = {
    specversion: '1.0',
    id: 'e1',
    source: '/shop',
    type: 'sold',
    data: { ...SALE, count: 100 },
  };
  await ask('POST', events, post(event, 'application/cloudevents+json'));
  await ask('POST', events, post([event, {}], 'application/cloudevents-batch+json'));
  const last = await ask('POST', events, post(`${JSON.stringify(SALE)}\nnonsense\n`, 'application/x-ndjson'));
  const receipt = json(last)['receipt'] as string;
  for (const [body, type] of [
    [{ x: 1 }, 'application/json'],
    ['{', 'application/json'],
    [{ ...SALE, sold: '9000-01-01T00:00:00Z' }, 'application/json'],
    [{}, 'text/plain'],
    [{}, 'application/cloudevents+json'],
  ] as const)
    await ask('POST', events, post(body, type));
  await ask('POST', '/v1/sources/none/events', post(SALE));

  for (const path of [
    '/v1/sources',
    '/v1/sources/sales',
    '/v1/sources/none',
    '/v1/products',
    '/v1/products/none',
  ])
    await ask('GET', path);
  for (const name of ['shapes', 'total', 'breaks']) {
    await ask('GET', `/v1/products/${name}`);
    await ask('GET', `/v1/products/${name}/rows?option.after=${receipt}&option.limit=1`);
    await ask('GET', `/v1/products/${name}/rows`, { headers: { accept: 'text/csv' } });
    await ask('GET', `/v1/products/${name}/rows?nonsense=1`);
  }
  const page = json(await ask('GET', '/v1/products/shapes/rows?limit=1'));
  expect(page['rows']).toHaveLength(1);
  expect(page['next']).toEqual(expect.any(String));
  await ask('GET', `/v1/products/shapes/rows?limit=1&cursor=${page['next']}`);
  const { headers } = await fetch(`${tenon.url}/v1/products/total/rows`);
  const same = await ask('GET', '/v1/products/total/rows', {
    headers: { 'if-none-match': headers.get('etag') ?? '' },
  });
  expect([same.status, same.text]).toEqual([304, '']);
  await ask('GET', '/v1/products/total/rows', { headers: { accept: 'image/png' } });
  const ahead = Buffer.from(JSON.stringify({ v: 1, o: { sales: { 0: 1e6 } } })).toString('base64url');
  expect((await ask('GET', `/v1/products/total/rows?after=${ahead}&timeout=1`)).status).toBe(504);

  expect((await ask('POST', '/v1/cuts?wait=true')).status).toBe(202);
  await ask('POST', '/v1/cuts');
  await ask('POST', '/v1/cuts?wait=maybe');
  const batch = json(await ask('GET', '/v1/products/shapes/rows?layer=batch'));
  await ask('GET', (batch['answer'] as { self: string }).self);
  await ask('GET', '/v1/products/shapes/generations');
  await ask('GET', '/v1/products/shapes/rows?asOf=900');
  expect((await ask('GET', '/v1/products/shapes/diff?a=@0&b=1')).status).toBe(200);
  await ask('GET', '/v1/products/shapes/diff?a=1&b=1');
  await ask('GET', '/v1/products/shapes/rows?version=9');
  for (const path of [
    '/v1/ledger',
    '/v1/status',
    '/v1/catalog',
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
  ])
    expect((await ask('GET', path)).status).toBe(200);

  const { partitions } = json(await ask('GET', '/v1/archive/sales')) as unknown as {
    partitions: { files: { file: string }[] }[];
  };
  const at = partitions.findIndex(({ files }) => files.length > 0);
  const file = partitions[at]?.files[0]?.file ?? '';
  expect((await ask('GET', `/v1/archive/sales/${at}/${file}`)).status).toBe(200);
  await ask('GET', `/v1/archive/sales/${at}/..%2f${file}`);
  await ask('GET', '/v1/archive/none');

  const { topics } = json(await ask('GET', '/v1/topics')) as unknown as { topics: { name: string }[] };
  expect(topics.map(({ name }) => name)).toContain('tenon.cuts');
  expect((await ask('GET', '/v1/topics/tenon.events.sales/0/0/1')).status).toBe(200);
  await ask('GET', '/v1/topics/tenon.events.sales/none/0/1');
  await ask('GET', '/v1/topics/none/0/0/1');

  const { letters } = json(await ask('GET', '/v1/dead-letters')) as unknown as {
    letters: { product: string | null }[];
  };
  expect(letters.map(({ product }) => product)).toEqual(expect.arrayContaining([null, 'breaks']));
  await ask('GET', '/v1/dead-letters?limit=1&source=sales&code=schema-violation');
  await ask('GET', '/v1/dead-letters?limit=0');
  await ask('GET', '/v1/dead-letters/sales/0');
  await ask('GET', '/v1/dead-letters/sales/999999');
  await ask('POST', '/v1/dead-letters/replay?source=sales');
  await ask('POST', '/v1/dead-letters/drop?source=sales&offsets=0');
  await ask('POST', '/v1/dead-letters/drop');
  await ask('POST', '/v1/reload');
  expect((await ask('GET', '/v1/losses')).status).toBe(200);
  await ask('POST', '/v1/losses?source=sales&partition=0&from=1&to=0');
  expect((await ask('POST', '/v1/losses?source=sales&partition=0&from=0&to=1&reason=x')).status).toBe(409);
  await versions();
  await ask('GET', '/v1/nothing');
  await ask('PUT', '/v1/products');
  await live();

  const described = Object.entries(openApi.paths).flatMap(([path, verbs]) =>
    Object.keys(verbs).map((verb) => `${verb.toUpperCase()} ${path}`),
  );
  // The same as the path of the source or product that was asked for.
  const concrete = new Set(['POST /v1/sources/{source}/events', 'GET /v1/products/{name}/rows']);
  // Nothing is lost here; see holes.scenario.spec.ts.
  concrete.add('POST /v1/losses');
  const asked = new Set(
    [...openApi.seen].filter((one) => /[23]\d\d$/.test(one)).map((one) => one.slice(0, -4)),
  );
  expect(described.filter((one) => !asked.has(one) && !concrete.has(one))).toEqual([]);
});

/** The first message of a stream, and what is told of its head. */
async function live(): Promise<void> {
  const path = '/v1/products/shapes/live?customer=ann&limit=10';
  const response = await fetch(tenon.url + path);
  const head = {
    method: 'GET',
    url: path,
    status: response.status,
    contentType: response.headers.get('content-type'),
  };
  expect(openApi.faultsOf({ ...head, text: '' })).toEqual([]);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/^data: .*\n/m.test(text)) text += (await reader.read()).value ?? '';
  await reader.cancel();
  const message = /^data: (.*)$/m.exec(text)?.[1] ?? '';
  expect(openApi.faultsBy('#/components/schemas/LiveMessage', message)).toEqual([]);
}

test('a member, a status or a code that is not described is noticed', async () => {
  const { text, ...answer } = await ask('GET', '/v1/products/total/rows');
  const more = (change: object) =>
    openApi.faultsOf({ ...answer, text: JSON.stringify({ ...JSON.parse(text), ...change }) });
  expect(more({})).toEqual([]);
  expect(more({ extra: 1 })).toHaveLength(1);
  expect(more({ next: 7 })).not.toEqual([]);
  expect(more({ rows: [{ n: 'many', counted: 1, _cell: '', _status: 'final' }] })).not.toEqual([]);
  expect(openApi.faultsOf({ ...answer, text, status: 418 })).toHaveLength(1);
  const problem = { ...answer, status: 404, contentType: 'application/problem+json' };
  const document = { type: 'x', title: 'x', status: 404, detail: 'x', instance: 'x', correlationId: 'x' };
  const of = (code: string) => openApi.faultsOf({ ...problem, text: JSON.stringify({ ...document, code }) });
  expect(of('unknown-product')).toEqual([]);
  expect(of('unknown-thing')).toHaveLength(1);
});

describe('the examples of docs/http.md', () => {
  const page = readFileSync(join(__dirname, '../../../docs/http.md'), 'utf8');
  const sections = page.split(/^## /m).slice(1);

  test('in JSON are what the document describes', () => {
    let held = 0;
    for (const section of sections) {
      const operations = [...section.matchAll(/`((?:GET|POST) \/[^`]*)`/g)].map(([, one = '']) => one);
      const examples = [...section.matchAll(/```json\n([\s\S]*?)```/g)].map(([, one = '']) => one);
      const pointers = operations.flatMap((one) => {
        const [verb = '', path = ''] = one.split(' ');
        const { responses = {} } = (openApi.paths[path]?.[verb.toLowerCase()] ?? {}) as {
          responses?: object;
        };
        return Object.keys(responses)
          .filter((status) => status.startsWith('2'))
          .map((status) => [
            'paths',
            path,
            verb.toLowerCase(),
            'responses',
            status,
            'content',
            'application/json',
            'schema',
          ]);
      });
      for (const example of examples) {
        const faults = pointers.map((pointer) => {
          const encoded = pointer.map((one) => encodeURIComponent(one.replaceAll('/', '~1'))).join('/');
          try {
            return openApi.faultsBy(`#/${encoded}`, example);
          } catch {
            return ['no JSON is answered there'];
          }
        });
        held += 1;
        expect({ example, faults: faults.some((one) => one.length === 0) ? [] : faults }).toEqual({
          example,
          faults: [],
        });
      }
    }
    expect(held).toBeGreaterThan(8);
  });

  test('for a shell run', async () => {
    const example = new Tenon();
    const host = await startExample(example.directory, SERVICES);
    try {
      const of = await OpenApi.of(host.url);
      const commands = [...page.matchAll(/```sh\n(curl [\s\S]*?)```/g)].map(([, one = '']) => one);
      expect(commands.length).toBeGreaterThan(0);
      for (const command of commands) {
        const [, method = 'GET', path = ''] = /(?:-X (\w+) )?localhost:7070(\S+)/.exec(command) ?? [];
        const real = command
          .replace('localhost:7070', host.url)
          .replace('curl ', "curl -w '\\n%{http_code} %{content_type}' ");
        // Not in step: it is this process that answers.
        const { stdout } = await promisify(execFile)('bash', ['-c', real]);
        const [, text = '', status, contentType = ''] = /^([\s\S]*)\n(\d+) (.*)$/.exec(stdout) ?? [];
        expect(Number(status)).toBeLessThan(300);
        const verb = command.includes(' -d ') ? 'POST' : method;
        expect(of.faultsOf({ method: verb, url: path, status: Number(status), contentType, text })).toEqual(
          [],
        );
      }
    } finally {
      await host.stop();
      await example.stop();
    }
  });
});

function startExample(
  data: string,
  services: readonly ServiceName[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Host> {
  const settings = readSettings({
    TENON_CATALOG: join(__dirname, '../../../catalog'),
    TENON_PORT: '0',
    TENON_CUT_EVERY: 'off',
    ...environment,
  });
  const logger = createLogger({ level: 'silent', name: 'tenon' });
  return startHost({ services, supervised: true, settings, data: join(data, 'data'), logger, environment });
}

describe('a service alone', () => {
  const OWN: Readonly<Record<ServiceName, RegExp>> = {
    ingestion: /^\/v1\/(sources|dead-letters)/,
    speed: /^$/,
    batch: /^$/,
    archive: /^$/,
    consumption: /^$/,
    serving: /^\/v1\/(products|ledger|losses)/,
  };
  const SHARED =
    /^\/(v1\/(catalog|archive\/.*|topics.*|cuts|status|reload|apply|products\/\{name\}\/(promote|rollback|reprocess|restate|switch|pause|resume|throttle|cancel|drop))|healthz|readyz|metrics|openapi\.json)$/;
  const directory = mkdtempSync(join(tmpdir(), 'tenon-openapi-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each(SERVICES)(
    '%s describes its own routes and no others, all of them as OPERATIONS has them',
    async (name) => {
      const host = await startExample(join(directory, name), [name]);
      try {
        const of = await OpenApi.of(host.url);
        const paths = Object.keys(of.paths);
        expect(paths.filter((path) => !OWN[name].test(path) && !SHARED.test(path))).toEqual([]);
        for (const path of ['/v1/status', '/v1/catalog', '/healthz', '/metrics', '/openapi.json'])
          await ask('GET', path, {}, of, host.url);
        const known = new Set(Object.keys(OPERATIONS).map((one) => one.replace(/:(\w+)/g, '{$1}')));
        const all = Object.entries(of.paths).flatMap(([path, verbs]) =>
          Object.keys(verbs).map((verb) => `${verb.toUpperCase()} ${path}`),
        );
        const generic = all.filter((one) => !/\/v1\/(sources|products)\/(?!\{)\w+\/(events|rows)$/.test(one));
        expect(generic.filter((one) => !known.has(one))).toEqual([]);
        if (name === 'ingestion') expect(paths).toContain('/v1/sources/flights/events');
        if (name === 'serving') expect(paths).toContain('/v1/products/airport_hours/rows');
      } finally {
        await host.stop();
      }
    },
    60_000,
  );
});

test('with tokens, the document says who may do what, and refusals are described', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenon-openapi-tokens-'));
  const token = 'reader-of-all-0123456789abcdef';
  const file = join(directory, 'tokens.json');
  const hash = createHash('sha256').update(token).digest('hex');
  writeFileSync(file, JSON.stringify([{ name: 'reader', sha256: hash, grants: ['read'] }]));
  const host = await startExample(directory, SERVICES, { TENON_AUTH: 'tokens', TENON_TOKENS: file });
  try {
    const of = await OpenApi.of(host.url);
    const operation = of.paths['/v1/cuts']?.['post'];
    expect(operation).toMatchObject({ 'x-role': 'operate', security: [{ bearer: [] }, { cookie: [] }] });
    expect(of.paths['/healthz']?.['get']).not.toHaveProperty('security');
    expect((await ask('GET', '/v1/status', {}, of, host.url)).status).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    expect((await ask('GET', '/v1/status', { headers }, of, host.url)).status).toBe(200);
    expect((await ask('POST', '/v1/cuts', { headers }, of, host.url)).status).toBe(403);
    expect((await ask('POST', '/v1/session', post({ token }), of, host.url)).status).toBe(204);
    expect((await ask('POST', '/v1/session', post({ token: 'x' }), of, host.url)).status).toBe(401);
    expect((await ask('POST', '/v1/session', post('x'), of, host.url)).status).toBe(400);
  } finally {
    await host.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
