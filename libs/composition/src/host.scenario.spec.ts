import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, readSettings } from '@tenon/runtime';
import { startHost } from './host';
import { createParts } from './parts';
import { KINDS, SERVICES } from './services';

const logger = createLogger({ level: 'silent', name: 'test' });
const settings = readSettings({
  TENON_CATALOG: join(__dirname, '../../../catalog'),
  TENON_PORT: '0',
  TENON_CUT_EVERY: 'off',
});

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'tenon-host-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('all five in one process answer on one port, with health, metrics and the status of each', async () => {
  const host = await startHost({ services: SERVICES, supervised: true, settings, data: directory, logger });
  try {
    const get = async (path: string) => (await fetch(host.url + path)).text();
    expect(JSON.parse(await get('/healthz'))).toEqual({ status: 'ok' });
    expect(JSON.parse(await get('/readyz'))).toMatchObject({ status: 'ready' });
    const { services } = JSON.parse(await get('/v1/status')) as {
      services: { name: string; lag?: number }[];
    };
    expect(services.map(({ name }) => name)).toEqual([...SERVICES]);
    const flight = { origin: 'AAA', destination: 'BBB' };
    await fetch(`${host.url}/v1/sources/flights/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(flight),
    });
    const metrics = await get('/metrics');
    for (const name of ['tenon_events_total', 'tenon_consumer_lag', 'tenon_flush_duration_seconds_count'])
      expect(metrics).toContain(name);
    expect(metrics).toContain('tenon_transaction_duration_seconds_count{service="consumption"');
    expect(metrics).toContain('route="/v1/sources/:source/events"');
  } finally {
    await host.stop();
  }
});

test('one service that fails for good is told to whoever runs the process', async () => {
  let fail: (error: Error) => void = () => undefined;
  const real = KINDS.serving.start;
  const done = new Promise<void>((_resolve, reject) => (fail = reject));
  const start = jest
    .spyOn(KINDS.serving, 'start')
    .mockImplementation(async (context) => ({ ...(await real(context)), done }));
  const host = await startHost({
    services: ['serving'],
    supervised: false,
    settings,
    data: directory,
    logger,
  });
  try {
    fail(new Error('the loop broke'));
    expect(await host.failed).toEqual(new Error('the loop broke'));
  } finally {
    start.mockRestore();
    await host.stop();
  }
});

test('a part is opened when it is asked for, once, and no data directory is touched for what is on a server', async () => {
  const data = join(directory, 'data');
  const onServers = {
    ...settings,
    TENON_KAFKA_BROKERS: '127.0.0.1:1',
    TENON_LAKE: join(directory, 'lake'),
  };
  const parts = createParts(onServers, data, logger, 'test');
  expect(await parts.log()).toBe(await parts.log());
  await parts.lake();
  expect(parts.opened()).toEqual(['log', 'lake']);
  await parts.close();
  const { existsSync } = await import('node:fs');
  expect(existsSync(data)).toBe(false);
});
