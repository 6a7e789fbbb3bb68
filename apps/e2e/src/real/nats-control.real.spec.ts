/** Control over NATS: who is there, another catalog for all, a cut from anywhere. */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@tenon/testing';
import type { ServiceProcess } from './service-process';
import { makeOrders } from './shop';
import { describeOnServers } from './servers';
import { ShopProcesses } from './shop-processes';

interface Reload {
  readonly instances: readonly {
    readonly instance: string;
    readonly services: readonly string[];
    readonly outcome: string;
    readonly problems?: readonly { readonly code: string }[];
  }[];
}

describeOnServers('Control over NATS', () => {
  let shop: ShopProcesses;
  let ingestion: ServiceProcess;
  let speed: ServiceProcess;
  let serving: ServiceProcess;
  /** Another serving, which reads a catalog directory of its own. */
  let apart: ServiceProcess;
  let elsewhere: string;

  beforeAll(async () => {
    shop = new ShopProcesses();
    elsewhere = join(shop.directory, 'elsewhere');
    cpSync(shop.catalog, elsewhere, { recursive: true });
    [ingestion, speed, serving, apart] = await Promise.all([
      shop.start('ingestion'),
      shop.start('speed'),
      shop.start('serving'),
      shop.start('serving', { TENON_CATALOG: elsewhere }),
      shop.start('batch'),
      shop.start('consumption'),
    ]);
    await shop.send(ingestion, makeOrders(0, 100));
    await shop.expectExact(serving);
  });

  afterAll(() => shop?.end());

  const product = (name: string) => join(shop.catalog, 'products', `${shop.source}_${name}`);

  /** This shop's part of a status: others may use the same servers. */
  async function statusFrom(from: ServiceProcess) {
    const status = await shop.status(from);
    const isOurs = (text: string) => shop.all.some(({ pid }) => new RegExp(`/${pid}\\b`).test(text));
    return {
      ...status,
      services: status.services.filter(({ instance }) => isOurs(instance)),
      warnings: status.warnings.filter(({ message }) => isOurs(message)),
    };
  }

  /** @returns service and pid → outcome */
  async function reload(from: ServiceProcess): Promise<Record<string, string>> {
    const response = await fetch(`${from.url}/v1/reload`, { method: 'POST' });
    const { instances } = (await response.json()) as Reload;
    expect(response.status).toBe(200);
    const outcomes = shop.all.map(({ pid }): [string, string] => {
      const found = instances.filter(({ instance }) => instance.endsWith(`/${pid}`));
      expect(found).toHaveLength(1);
      const [{ outcome, problems, services }] = found as [Reload['instances'][number]];
      const why = problems === undefined ? '' : `: ${problems.map(({ code }) => code).join(', ')}`;
      return [`${services.join()} ${pid}`, outcome + why];
    });
    return Object.fromEntries(outcomes);
  }

  const all = (outcome: string, but: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(shop.all.map(({ service, pid }) => [`${service} ${pid}`, but[pid] ?? outcome]));

  test('the status is that of all instances, whoever is asked: version, catalog, partitions, lag', async () => {
    for (const from of [ingestion, speed, serving])
      await eventually('all say how they are', async () => {
        const { bus, services, warnings } = await statusFrom(from);
        expect([bus, services.length, warnings]).toEqual(['connected', 6, []]);
        expect(new Set(services.map(({ catalog }) => catalog)).size).toBe(1);
        for (const one of services)
          expect(one).toMatchObject({ version: expect.any(String), uptime: expect.any(Number), ready: true });
        const { partitions = {}, lag } = services.find(({ name }) => name === 'speed') ?? {};
        expect([Object.keys(partitions), lag]).toEqual([[`tenon.events.${shop.source}`], 0]);
        const next = Object.values(partitions[`tenon.events.${shop.source}`] ?? {});
        expect([next.length, next.reduce((sum, one) => sum + one, 0)]).toEqual([3, 100]);
        return true;
      });
  });

  test('an instance that stands still is named as such, and nobody waits for it', async () => {
    speed.freeze();
    try {
      const began = performance.now();
      const { services, warnings } = await statusFrom(serving);
      expect(performance.now() - began).toBeLessThan(1_500);
      expect(services.filter(({ name }) => name === 'speed')).toEqual([
        expect.objectContaining({ ready: false, reason: 'It does not answer.' }),
      ]);
      expect(warnings.map(({ code }) => code)).toEqual(['instance-silent']);
    } finally {
      speed.thaw();
    }
    await eventually('it answers again', async () => (await statusFrom(serving)).warnings.length === 0);
  });

  test('a cut can be asked of any instance', async () => {
    const response = await fetch(`${speed.url}/v1/cuts?wait=true`, { method: 'POST' });
    const { generations } = (await response.json()) as { generations: Record<string, number> };
    expect([response.status, Object.keys(generations)]).toEqual([202, expect.any(Array)]);
    const { products = [] } = await shop.status(serving);
    expect(products.map(({ generation }) => generation)).toEqual([
      generations[`${shop.source}_hours`],
      generations[`${shop.source}_shops`],
    ]);
  });

  test('another catalog is taken by all that read it; who reads another directory is seen to differ', async () => {
    writeFileSync(
      `${product('most')}.sql`,
      `SELECT shop, max(amount) AS most FROM ${shop.source} GROUP BY ALL`,
    );
    writeFileSync(`${product('shops')}.yaml`, 'topology: kappa\nversion: 2\n');
    expect(await reload(speed)).toEqual(all('reloaded', { [apart.pid]: 'unchanged' }));
    await shop.send(ingestion, makeOrders(100, 150));
    await shop.expectExact(serving);
    const most = await fetch(`${serving.url}/v1/products/${shop.source}_most/rows`);
    expect(((await most.json()) as { rows: object[] }).rows).toHaveLength(11);
    const { warnings, services } = await statusFrom(serving);
    const [differing] = services.filter(({ instance }) => instance.endsWith(`/${apart.pid}`));
    expect(new Set(services.map(({ catalog }) => catalog)).size).toBe(2);
    expect(warnings).toEqual([
      expect.objectContaining({
        code: 'catalog-differs',
        message: expect.stringContaining(`${differing?.instance} runs the catalog ${differing?.catalog}`),
      }),
    ]);
  });

  test('who finds it unsound goes on with the old one, and says why', async () => {
    const sql = join(elsewhere, 'products', `${shop.source}_hours.sql`);
    writeFileSync(sql, `SELECT shop, count(*) AS n, sum(amonut) AS total FROM ${shop.source} GROUP BY shop`);
    expect(await reload(serving)).toEqual(all('unchanged', { [apart.pid]: 'refused: unknown-column' }));
    writeFileSync(sql, `SELECT shop, count(*) AS n FROM ${shop.source} GROUP BY shop`);
    expect(await reload(serving)).toEqual(all('unchanged', { [apart.pid]: 'refused: product-changed' }));
    expect(await shop.rows(apart, 'hours')).toEqual(shop.hours());
  });

  test('SIGHUP is the same for one process, and one that stood still catches up', async () => {
    rmSync(elsewhere, { recursive: true });
    cpSync(shop.catalog, elsewhere, { recursive: true });
    apart.hangup();
    await eventually('all run the same', async () => {
      const { services, warnings } = await statusFrom(serving);
      expect([new Set(services.map(({ catalog }) => catalog)).size, warnings]).toEqual([1, []]);
      return true;
    });
    rmSync(`${product('most')}.sql`);
    speed.freeze();
    try {
      const began = performance.now();
      expect(await reload(ingestion)).toEqual(
        all('reloaded', { [apart.pid]: 'unchanged', [speed.pid]: 'no-answer' }),
      );
      expect(performance.now() - began).toBeLessThan(15_000);
    } finally {
      speed.thaw();
    }
    await eventually('it has heard of it, too', async () => {
      const { services } = await statusFrom(serving);
      const of = (pid: number) => services.find(({ instance }) => instance.endsWith(`/${pid}`))?.catalog;
      return of(speed.pid) !== undefined && of(speed.pid) === of(ingestion.pid);
    });
    await shop.send(ingestion, makeOrders(150, 200));
    await shop.expectExact(serving);
  });
});
