/** `tenon export` of a Tenon that runs: `tenon check` takes it, and `tenon plan` finds nothing that would change. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { SERVICES, startHost } from '@tenon/composition';
import { createLogger, readSettings } from '@tenon/runtime';
import type { Fake } from '../fake-server.fixture';
import { sendJson, startFake } from '../fake-server.fixture';
import { runLine } from '../run.fixture';

const EXAMPLE = join(__dirname, '../../../../catalog');
let directory: string;
let host: Host | null = null;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-export-'));
});
afterEach(async () => {
  await host?.stop();
  host = null;
  rmSync(directory, { recursive: true, force: true });
});

async function start(catalog: string): Promise<string> {
  host = await startHost({
    ...{ services: SERVICES, supervised: true, data: join(directory, 'data') },
    settings: readSettings({ TENON_CATALOG: catalog, TENON_PORT: '0', TENON_CUT_EVERY: 'off' }),
    logger: createLogger({ level: 'silent', name: 'test' }),
  });
  return host.url;
}

function write(files: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(files)) {
    const path = join(directory, 'catalog', file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
  return join(directory, 'catalog');
}

const AWKWARD = {
  'sources/order.yaml': `
description: "yes: it's \\u2028 'awkward' #really"
key: [from, "select"]
id: ["no"]
time: at
partitions: 3
lateness: 90 minutes
dedupe: { window: 0 }
schema: the-schema.json
`,
  'sources/the-schema.json': JSON.stringify({
    type: 'object',
    $defs: { money: { type: 'number', multipleOf: 0.01 } },
    required: ['at'],
    properties: {
      ...{ from: { type: 'string' }, select: { type: ['string', 'null'] }, no: { type: 'integer' } },
      ...{ at: { type: 'string', format: 'date-time' }, 'a "b"': { $ref: '#/$defs/money' } },
      ...{
        'ключ: ~': { type: 'boolean' },
        nested: { type: 'object', properties: { '<<': { type: 'array' } } },
      },
    },
  }),
  'sources/Order-2_.yaml': 'schema: { type: object, properties: { x: {} } }\n',
  'products/group.sql':
    '\ufeff-- ü\r\nSELECT "from", "select",\r\n\tsum("a ""b""") AS "a b" FROM "order" GROUP BY ALL;\r\n',
  'products/group.yaml': 'version: 12\nretention: P90DT0.5S\ngenerations: 0\ntopology: kappa\n',
  'products/X-.sql': 'SELECT count(*) AS "count" FROM "Order-2_"',
  'products/X-.yaml': 'description: |\n  two\n  lines\n\n',
};

async function expectEqual(url: string, target: string): Promise<void> {
  const checked = await runLine('check', target, '--url', url);
  expect([checked.code, checked.out]).toEqual([0, expect.stringContaining('no problem')]);
  const planned = await runLine('plan', target, '--json', '--url', url);
  const { catalog, sources, products } = JSON.parse(planned.out) as {
    catalog: { before: string; after: string };
    sources: { outcome: string }[];
    products: { outcome: string }[];
  };
  expect(planned.code).toBe(0);
  expect([...sources, ...products].map(({ outcome }) => outcome)).toEqual(
    [...sources, ...products].map(() => 'unchanged'),
  );
  expect(products.length).toBeGreaterThan(0);
  expect(catalog.after).toBe(catalog.before);
}

test.each<[string, () => string]>([
  ['the example', () => EXAMPLE],
  ['a catalog of awkward names', () => write(AWKWARD)],
])('%s comes back as it is', async (_what, catalog) => {
  const url = await start(catalog());
  const target = join(directory, 'out', 'exported');
  const { code, out, err } = await runLine('export', target, '--url', url);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/\d files in .*exported\.\n$/);
  await expectEqual(url, target);
  expect(readdirSync(join(directory, 'out'))).toEqual(['exported']);
});

test('what was rolled back is exported as it is served; --declared as the catalog has it', async () => {
  const catalog = write({
    'sources/a.yaml': 'schema: { type: object, properties: { x: { type: integer } } }\n',
    'products/p.sql': 'SELECT count(*) AS n FROM a',
  });
  const url = await start(catalog);
  write({ 'products/p.yaml': 'version: 2\n' });
  const post = (path: string) => fetch(url + path, { method: 'POST' });
  expect((await post('/v1/reload')).status).toBe(200);
  const served = async () =>
    ((await (await fetch(`${url}/v1/products/p`)).json()) as { version: number }).version;
  while ((await served()) !== 2) await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await post('/v1/products/p/rollback')).status).toBe(200);
  for (const [name, ...options] of [['served'], ['declared', '--declared']] as const) {
    const target = join(directory, name);
    expect((await runLine('export', target, ...options, '--url', url)).code).toBe(0);
    expect(existsSync(join(target, 'products/p.yaml'))).toBe(name === 'declared');
    const planned = await runLine('plan', target, '--url', url);
    expect(planned.out).toContain('Nothing would change.');
  }
});

describe('a directory', () => {
  let fake: Fake;
  beforeEach(async () => {
    fake = await startFake();
  });
  afterEach(() => fake.close());

  test('with files in it is left as it is', async () => {
    writeFileSync(join(directory, 'mine'), 'x');
    const { code, err } = await runLine('export', directory, '--url', fake.url);
    expect([code, err]).toEqual([1, expect.stringContaining('[directory-not-empty]')]);
    expect(fake.requests).toEqual([]);
  });

  test('is not left by a name that a server tells', async () => {
    const source = { name: '../x', key: [], time: null, partitions: 1, dedupe: { window: 0 }, schema: true };
    const answer = { catalog: 'c', sources: [source], products: [], versions: {}, sizes: {} };
    fake.intercept = (_request, response) => sendJson(response, 200, answer);
    const { code, err } = await runLine('export', join(directory, 'out'), '--url', fake.url);
    expect([code, err]).toEqual([1, expect.stringContaining('[not-tenon]')]);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('that can’t hold what is told is not made', async () => {
    const source = { name: 'x', key: ['y'], time: null, partitions: 1, dedupe: { window: 0 }, schema: {} };
    const answer = { catalog: 'c', sources: [source], products: [], versions: {}, sizes: {} };
    fake.intercept = (_request, response) => sendJson(response, 200, answer);
    const { code, err } = await runLine('export', join(directory, 'out'), '--url', fake.url);
    expect([code, err]).toEqual([1, expect.stringContaining('[export-differs]')]);
    expect(readdirSync(directory)).toEqual([]);
  });
});

test('SQL is the file that was written', async () => {
  const url = await start(EXAMPLE);
  await runLine('export', join(directory, 'out'), '--url', url);
  const [was, is] = [EXAMPLE, join(directory, 'out')].map((one) =>
    readFileSync(join(one, 'products/routes.sql'), 'utf8'),
  );
  expect(is).toBe(was);
});
