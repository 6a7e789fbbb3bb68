import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAlone } from './alone';
import type { ServiceName } from './services';
import { SERVICES } from './services';

const CATALOG = join(__dirname, '../../../catalog');
const SERVERS = {
  TENON_KAFKA_BROKERS: '127.0.0.1:1',
  TENON_NATS_URL: 'nats://127.0.0.1:1',
  TENON_MONGODB_URL: 'mongodb://127.0.0.1:1/tenon?replicaSet=rs0',
};

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'tenon-alone-'))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(service: ServiceName, args: readonly string[], environment: Record<string, string>) {
  const lines: string[] = [];
  const options = { args, environment, events: new EventEmitter(), say: (line: string) => lines.push(line) };
  return { code: await runAlone(service, options), text: lines.join('\n') };
}

test.each(SERVICES)('%s names every setting that it lacks, at once, and does not start', async (service) => {
  const { code, text } = await run(service, [], { TENON_CATALOG: CATALOG, TENON_PROT: '1', TENON_PORT: 'x' });
  expect(code).toBe(1);
  const missing = [...text.matchAll(/^(TENON_\w+) is not set\./gm)].map(([, name]) => name);
  expect(missing).toEqual([
    'TENON_KAFKA_BROKERS',
    'TENON_NATS_URL',
    ...(service === 'ingestion' ? [] : ['TENON_MONGODB_URL']),
    ...(service === 'batch' ? ['TENON_LAKE'] : []),
  ]);
  expect(text).toContain('TENON_PROT is not a setting');
  expect(text).toContain('TENON_PORT is a whole number');
});

test('TENON_ROLE=archive is for batch, and needs what batch needs', async () => {
  const role = { TENON_ROLE: 'archive', TENON_CATALOG: CATALOG };
  const { text } = await run('batch', ['--check-config'], { ...SERVERS, ...role, TENON_LAKE: '/lake' });
  expect(text).toContain('archive can start with this configuration.');
  const alone = await run('batch', [], { ...SERVERS, ...role });
  expect(alone).toMatchObject({ code: 1, text: expect.stringContaining('TENON_LAKE is not set.') });
  const wrong = await run('serving', [], { ...SERVERS, ...role });
  expect(wrong).toMatchObject({ code: 1, text: expect.stringContaining('TENON_ROLE is for batch') });
});

test('where the log lets go what is archived, speed needs the archive', async () => {
  const off = { ...SERVERS, TENON_CATALOG: CATALOG, TENON_LOG_RETENTION: 'off' };
  expect(await run('speed', ['--check-config'], off)).toMatchObject({ code: 0 });
  const on = await run('speed', ['--check-config'], { ...off, TENON_LOG_RETENTION: '1h' });
  expect(on).toMatchObject({ code: 1, text: expect.stringContaining('TENON_LAKE is not set.') });
});

test('--check-config needs no server, and says what it read', async () => {
  const { code, text } = await run('speed', ['--check-config'], { ...SERVERS, TENON_CATALOG: CATALOG });
  expect(text).toBe(
    'catalog: sources flights; products airport_hours, delay_quantiles, routes\n' +
      'speed can start with this configuration.',
  );
  expect(code).toBe(0);
});

test('--check-config tells problems of the configuration and of the catalog together', async () => {
  const catalog = join(directory, 'catalog');
  mkdirSync(join(catalog, 'sources'), { recursive: true });
  mkdirSync(join(catalog, 'products'));
  writeFileSync(
    join(catalog, 'sources', 'orders.yaml'),
    'key: shop\nschema: {type: object, properties: {shop: {type: string}}}\n',
  );
  writeFileSync(
    join(catalog, 'products', 'sales.sql'),
    'SELECT shpo, count(*) AS n\nFROM orders GROUP BY shpo\n',
  );
  const { code, text } = await run('ingestion', ['--check-config'], { TENON_CATALOG: catalog });
  expect(code).toBe(1);
  expect(text).toContain('TENON_KAFKA_BROKERS is not set.');
  expect(text).toMatch(/sales\.sql:1:\d+: .*shpo/);
});

test('a service whose servers are away says which, and ends with 1', async () => {
  const { code, text } = await run('ingestion', [], {
    ...SERVERS,
    TENON_CATALOG: CATALOG,
    TENON_PORT: '0',
    TENON_LOG_LEVEL: 'silent',
  });
  expect(code).toBe(1);
  expect(text).toMatch(/Kafka \(127\.0\.0\.1:1\) cannot be reached.*\[unavailable\]/s);
});

test('an unknown argument is a wrong call, and help is none', async () => {
  expect(await run('batch', ['--chek-config'], {})).toMatchObject({ code: 2 });
  const { code, text } = await run('batch', ['--help'], {});
  expect(code).toBe(0);
  expect(text).toMatch(/--check-config[\s\S]*TENON_LAKE[\s\S]*7073/);
});
