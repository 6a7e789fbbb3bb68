/**
 * Three topologies in one deployment, on real servers: the layers of one product in stores of their own, landed and served by
 * processes of their own, with a serving in front. Processes of either layer die, and the store of either is away.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RowsAnswer } from '@tenon/contracts';
import type { TcpProxy } from '@tenon/testing';
import { createTcpProxy, eventually } from '@tenon/testing';
import { describeOnServers, serverSettings } from './servers';
import type { ServiceProcess } from './service-process';
import { cellsOfRows, hoursOf, makeOrders } from './shop';
import { ShopProcesses } from './shop-processes';

describeOnServers('Layers apart, and whole products beside them', () => {
  let shop: ShopProcesses;
  let sent = 0;
  const proxies: Partial<Record<'batch' | 'speed', TcpProxy>> = {};
  const proxy = (layer: 'batch' | 'speed') => proxies[layer] as TcpProxy;
  type Part =
    'ingestion' | 'speed' | 'batch' | `${'combined' | 'batch' | 'speed'} ${'consumption'}` | Serving;
  type Serving = 'front' | 'batch serving' | 'speed serving';
  const parts = new Map<Part, ServiceProcess>();
  const part = (name: Part) => parts.get(name) as ServiceProcess;

  async function start(name: Part): Promise<void> {
    const [scope, service = scope] = name === 'front' ? ['all', 'serving'] : name.split(' ');
    const layer: Record<string, string> = service === scope ? {} : { TENON_LAYER: scope as string };
    parts.set(name, await shop.start(service as 'serving', layer));
  }

  beforeAll(async () => {
    const { TENON_MONGODB_URL: url } = serverSettings('x') as { TENON_MONGODB_URL: string };
    const { hostname, port } = new URL(url);
    const storeOf = async (layer: 'batch' | 'speed', database: string) => {
      const one = await createTcpProxy({ host: hostname, port: Number(port) });
      proxies[layer] = one;
      return `mongodb://127.0.0.1:${one.port}/${database}-${layer}?directConnection=true`;
    };
    const name = `apart_${Date.now().toString(36)}`;
    shop = new ShopProcesses({
      TENON_BATCH_STORE: await storeOf('batch', name),
      TENON_SPEED_STORE: await storeOf('speed', name),
    });
    const products = join(shop.catalog, 'products');
    const select = `SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, shop, count(*) AS orders,
      sum(amount) AS total FROM ${shop.source} GROUP BY ALL\n`;
    for (const topology of ['lambda-separate', 'kappa']) {
      const file = join(products, `${shop.source}_${topology.split('-').at(-1)}`);
      writeFileSync(`${file}.sql`, select);
      writeFileSync(`${file}.yaml`, `topology: ${topology}\n`);
    }
    const all = ['ingestion', 'speed', 'batch', 'front', 'batch serving', 'speed serving'] as const;
    const landing = ['combined consumption', 'batch consumption', 'speed consumption'] as const;
    await Promise.all([...all, ...landing].map(start));
  });

  afterAll(async () => {
    await shop?.end();
    for (const one of Object.values(proxies)) await one.close();
  });

  async function send(): Promise<void> {
    await shop.send(part('ingestion'), makeOrders(sent, sent + 400));
    sent += 400;
  }

  async function ask(serving: Serving, product: string, query: Record<string, string> = {}) {
    const parameters = new URLSearchParams({ limit: '10000', ...query });
    const response = await fetch(
      `${part(serving).url}/v1/products/${shop.source}_${product}/rows?${parameters}`,
    );
    const body = (await response.json()) as RowsAnswer & { code?: string };
    return { status: response.status, body };
  }

  const WHOLE = ['hours', 'separate', 'kappa'];

  /** With all that was acknowledged in, the products of all topologies say what plain code says. */
  async function expectExact(query: Record<string, string> = {}): Promise<void> {
    for (const product of WHOLE)
      await eventually(
        `${product} has all`,
        async () => {
          const { status, body } = await ask('front', product, query);
          expect([status, cellsOfRows(body.rows)]).toEqual([200, hoursOf(shop.accepted)]);
          return body.answer.troubles === undefined;
        },
        { timeoutMs: 120_000, everyMs: 200 },
      );
  }

  async function cut(wait = true): Promise<number> {
    const response = await fetch(`${part('ingestion').url}/v1/cuts?wait=${wait}&timeout=60000`, {
      method: 'POST',
    });
    const { epoch } = (await response.json()) as { epoch: number };
    expect(response.status).toBe(202);
    return epoch;
  }

  const generationOf = async (serving: Serving, product: string, layer: string) =>
    (await ask(serving, product, { layer })).body.answer.generation;

  test('all three are exact at the front, and each layer is read alone', async () => {
    await send();
    await expectExact();
    const epoch = await cut();
    await expectExact({ layer: 'batch' });
    const cutAt = hoursOf(shop.accepted);
    await send();
    await expectExact();
    const batch = await ask('batch serving', 'separate', { layer: 'batch' });
    expect([batch.body.answer.generation, cellsOfRows(batch.body.rows)]).toEqual([epoch, cutAt]);
    await eventually(
      'speed has heard of it',
      async () => (await generationOf('speed serving', 'separate', 'speed')) === epoch,
    );
    const speed = await ask('speed serving', 'separate', { layer: 'speed' });
    expect(cellsOfRows(speed.body.rows)).toEqual(hoursOf(shop.accepted.slice(400)));
  });

  test('what a layer cannot answer is said, with a code', async () => {
    for (const [serving, product, query] of [
      ['batch serving', 'separate', {}],
      ['batch serving', 'separate', { layer: 'speed' }],
      ['speed serving', 'separate', { layer: 'batch' }],
      ['speed serving', 'kappa', { layer: 'speed' }],
    ] as const) {
      const { status, body } = await ask(serving, product, query);
      expect([status, body.code]).toEqual([421, 'layer-elsewhere']);
    }
  });

  test('with the speed layer’s consumption killed, generations are served; then it goes on', async () => {
    await part('speed consumption').kill();
    await send();
    await cut();
    await expectExact({ layer: 'batch' });
    await expectExact();
    await send();
    await start('speed consumption');
    await expectExact();
  });

  test('with the batch layer’s consumption killed, answers stay fresh; then its generation is served', async () => {
    await part('batch consumption').kill();
    await send();
    const epoch = await cut(false);
    await expectExact();
    expect(await generationOf('front', 'separate', 'batch')).toBeLessThan(epoch);
    await start('batch consumption');
    await eventually('served', async () => (await generationOf('front', 'separate', 'batch')) >= epoch, {
      timeoutMs: 120_000,
      everyMs: 200,
    });
    await expectExact();
  });

  test.each(['batch', 'speed'] as const)(
    'with the %s layer’s store away the front says what the other can, and names what is missing',
    async (layer) => {
      await expectExact();
      const before = (await ask('front', 'separate', { layer: layer === 'batch' ? 'speed' : 'batch' })).body;
      proxy(layer).set('refuse');
      const { status, body } = await ask('front', 'separate');
      expect([status, body.answer.status, body.answer.troubles?.map((one) => [one.code, one.layer])]).toEqual(
        [...[200, 'incomplete', [['layer-away', layer]]]],
      );
      expect(cellsOfRows(body.rows)).toEqual(cellsOfRows(before.rows));
      expect((await ask('front', 'separate', { layer })).status).toBe(503);
      // The others are none of its business, and neither is being ready.
      expect((await ask('front', 'kappa')).body.answer.troubles).toBeUndefined();
      const ready = await fetch(`${part('front').url}/readyz`);
      expect(ready.status).toBe(200);
      // One that starts now answers the same.
      await part('front').kill();
      await start('front');
      expect((await ask('front', 'separate')).body.answer.status).toBe('incomplete');
      proxy(layer).set('pass');
      await send();
      await expectExact();
    },
  );

  test('at the end all is before the cut, in every topology', async () => {
    await cut();
    await expectExact({ layer: 'batch' });
    const codes = await Promise.all([...parts.values()].map((one) => one.stop()));
    expect(new Set(codes)).toEqual(new Set([0]));
  });
});
