/** The five services as processes of their own, on real servers: what `tenon up` promises holds here too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '@tenon/composition';
import { SERVICES } from '@tenon/composition';
import { eventually, uniqueName } from '@tenon/testing';
import { describeOnServers, serverSettings } from './servers';
import { ServiceProcess } from './service-process';
import type { Cells, Order } from './shop';
import { cellsOfRows, hoursOf, makeOrders, shopsOf, writeCatalog } from './shop';

interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly answer: { readonly generation: number; readonly behind: number };
}

describeOnServers('Five processes', () => {
  const source = uniqueName('shop').replaceAll('-', '_');
  const processes = new Map<ServiceName, ServiceProcess>();
  /** Orders that were acknowledged. */
  const accepted: Order[] = [];
  let receipt = '';
  let directory: string;
  let settings: Record<string, string>;

  const starting: Promise<unknown>[] = [];
  const start = (service: ServiceName) => {
    const started = ServiceProcess.start(service, settings).then((one) => processes.set(service, one));
    starting.push(started);
    return started;
  };
  const processOf = (service: ServiceName) => processes.get(service) as ServiceProcess;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tenon-five-'));
    writeCatalog(join(directory, 'catalog'), source);
    settings = {
      ...serverSettings(source),
      TENON_LAKE: join(directory, 'lake'),
      TENON_CATALOG: join(directory, 'catalog'),
      TENON_CUT_EVERY: 'off',
    };
    // Against the path of the data, and all at once: none may need another one to be there.
    await Promise.all([...SERVICES].reverse().map(start));
  });

  afterAll(async () => {
    await Promise.allSettled(starting);
    await Promise.all([...processes.values()].map((one) => one.kill()));
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  /** Sends orders as one NDJSON body; what is acknowledged counts. */
  async function send(orders: readonly Order[]): Promise<void> {
    const response = await fetch(`${processOf('ingestion').url}/v1/sources/${source}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: orders.map((order) => JSON.stringify(order)).join('\n'),
    });
    const answer = (await response.json()) as { accepted: number; receipt: string };
    expect([response.status, answer.accepted]).toEqual([202, orders.length]);
    accepted.push(...orders);
    receipt = answer.receipt;
  }

  async function rowsOf(product: string, query: Readonly<Record<string, string>>): Promise<Answer> {
    const parameters = new URLSearchParams({ limit: '10000', ...query });
    const response = await fetch(
      `${processOf('serving').url}/v1/products/${source}_${product}/rows?${parameters}`,
    );
    const answer = (await response.json()) as Answer;
    if (response.status !== 200) throw new Error(JSON.stringify(answer));
    return answer;
  }

  /** With all that was acknowledged in, each product says what plain code says. */
  async function expectExact(query: Readonly<Record<string, string>> = {}): Promise<void> {
    const expected: Record<string, Cells> = { hours: hoursOf(accepted), shops: shopsOf(accepted) };
    for (const [product, cells] of Object.entries(expected)) {
      const { rows } = await rowsOf(product, { after: receipt, timeout: '60000', ...query });
      expect(cellsOfRows(rows)).toEqual(cells);
    }
  }

  async function cut(): Promise<number> {
    const response = await fetch(`${processOf('ingestion').url}/v1/cuts?wait=true`, { method: 'POST' });
    const answer = (await response.json()) as { epoch: number };
    expect(response.status).toBe(202);
    return answer.epoch;
  }

  const get = (service: ServiceName, path: string) => fetch(processOf(service).url + path);

  test('each is alive, ready, and measured', async () => {
    for (const service of SERVICES) {
      expect((await get(service, '/healthz')).status).toBe(200);
      await eventually(`${service} is ready`, async () => (await get(service, '/readyz')).ok);
      expect(await (await get(service, '/metrics')).text()).toContain('process_cpu_seconds_total');
    }
  });

  test('events that one takes are in the answers of another, exactly, from speed and from batch', async () => {
    await send(makeOrders(0, 2_000));
    await expectExact();
    const epoch = await cut();
    await expectExact({ layer: 'batch' });
    await send(makeOrders(2_000, 2_500));
    await expectExact();
    expect((await rowsOf('hours', {})).answer).toMatchObject({ generation: epoch, behind: 0 });
  });

  test('the status names every instance, with its lag', async () => {
    await eventually('all have looked at the log', async () => {
      const { services } = (await (await get('serving', '/v1/status')).json()) as {
        services: { name: string; instance: string; lag?: number; sources?: { source?: string }[] }[];
      };
      expect(services.map(({ name }) => name)).toEqual(expect.arrayContaining([...SERVICES]));
      expect(new Set(services.map(({ instance }) => instance)).size).toBeGreaterThanOrEqual(5);
      // Others may use the same servers.
      const speed = services.find(({ sources }) => sources?.some((one) => one.source === source));
      expect(speed).toHaveProperty('lag', 0);
      return true;
    });
  });

  test('speed and consumption, killed while events come, lose nothing and count nothing twice', async () => {
    const sending = (async () => {
      for (let from = 2_500; from < 5_500; from += 100) await send(makeOrders(from, from + 100));
    })();
    await processOf('speed').kill();
    await processOf('consumption').kill();
    await sending;
    await Promise.all([start('speed'), start('consumption')]);
    await expectExact();
    await cut();
    await expectExact({ layer: 'batch' });
  });

  test('batch, killed before a cut, makes its generation once it is back', async () => {
    await send(makeOrders(5_500, 6_000));
    await processOf('batch').kill();
    const cutting = cut();
    await start('batch');
    await cutting;
    await expectExact({ layer: 'batch' });
  });

  test('ingestion, ended under load, answers what it has taken, and what it has acknowledged is there', async () => {
    const orders = makeOrders(6_000, 9_000);
    let ended = false;
    let refused = 0;
    let next = 0;
    const worker = async () => {
      while (!ended) {
        const order = orders[next++];
        if (order === undefined) return;
        try {
          const response = await fetch(`${processOf('ingestion').url}/v1/sources/${source}/events`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(order),
          });
          const answer = (await response.json()) as { receipt: string };
          expect(response.status).toBe(202);
          accepted.push(order);
          receipt = answer.receipt;
        } catch (error) {
          // Nothing listened any more, or the connection had been idle and was closed in that instant: never taken, as the
          // exact rows below show. Anything else would be an answer that was lost.
          const { code } = ((error as Error).cause ?? {}) as { code?: string };
          if (code !== 'ECONNREFUSED' && code !== 'UND_ERR_SOCKET') throw error;
          refused += 1;
          ended = true;
        }
      }
    };
    const workers = Promise.all(Array.from({ length: 8 }, worker));
    await eventually('it is under load', () => next > 200);
    expect(await processOf('ingestion').stop()).toBe(0);
    await workers;
    expect(refused).toBeGreaterThan(0);
    await start('ingestion');
    await send(makeOrders(9_000, 9_001));
    await expectExact();
  });

  test('at the end each one ends in order', async () => {
    await cut();
    await expectExact({ layer: 'batch' });
    await eventually('lag is gone', async () => {
      const text = await (await get('speed', '/metrics')).text();
      return [...text.matchAll(/^tenon_consumer_lag\{.*\} (\d+)$/gm)].every(([, lag]) => lag === '0');
    });
    const codes = await Promise.all(SERVICES.map((service) => processOf(service).stop()));
    expect(codes).toEqual([0, 0, 0, 0, 0]);
  });
});
