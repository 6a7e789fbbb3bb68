/** NATS carries hints and control, and no fact: with it gone answers stay right, and all recovers when it is back. */
import type { TcpProxy } from '@tenon/testing';
import { createTcpProxy, eventually } from '@tenon/testing';
import type { LiveClient } from './live-client';
import type { ServiceProcess } from './service-process';
import { makeOrders } from './shop';
import { describeOnServers } from './servers';
import { ShopProcesses } from './shop-processes';

/** It is some 80 ms, with hints and without; the room is for machines that have much else to do. */
const PROMPT_MS = 6_000;

describeOnServers('With NATS gone', () => {
  let proxy: TcpProxy;
  let shop: ShopProcesses;
  let ingestion: ServiceProcess;
  let serving: ServiceProcess;
  let other: ServiceProcess;
  let clients: LiveClient[];
  let sent = 0;

  beforeAll(async () => {
    const { hostname, port } = new URL(process.env['TENON_NATS_URL'] as string);
    proxy = await createTcpProxy({ host: hostname, port: Number(port) });
    shop = new ShopProcesses({ TENON_NATS_URL: `nats://127.0.0.1:${proxy.port}` });
    [ingestion, serving, other] = await Promise.all([
      shop.start('ingestion'),
      shop.start('serving'),
      shop.start('serving'),
      shop.start('speed'),
      shop.start('batch'),
      shop.start('consumption'),
    ]);
    await sendSome();
    await shop.expectExact(serving);
  });

  afterAll(async () => {
    for (const client of clients ?? []) client.close();
    await shop?.end();
    await proxy?.close();
  });

  async function sendSome(): Promise<void> {
    await shop.send(ingestion, makeOrders(sent, sent + 50));
    sent += 50;
  }

  /** Events go in and come out, by asking and by being told, at either instance. */
  async function expectAllRight(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await sendSome();
      const began = performance.now();
      await Promise.all([shop.expectExact(serving), shop.expectExact(other)]);
      expect(performance.now() - began).toBeLessThan(PROMPT_MS);
    }
    await expectShown();
  }

  async function expectShown(): Promise<void> {
    for (const client of clients)
      await eventually('the client shows it', () => {
        expect(client.cells()).toEqual(shop.hours());
        expect(client.ended).toBe(false);
        return true;
      });
  }

  async function expectCutsServed(): Promise<void> {
    const response = await fetch(`${ingestion.url}/v1/cuts`, { method: 'POST' });
    const { epoch } = (await response.json()) as { epoch: number };
    await eventually(
      'the generation is served',
      async () => {
        const { products = [] } = await shop.status(serving);
        return products.length === 2 && products.every(({ generation }) => generation >= epoch);
      },
      { timeoutMs: 120_000, everyMs: 100 },
    );
    await shop.expectExact(serving);
  }

  async function expectReady(): Promise<void> {
    for (const { url } of shop.all) expect((await fetch(`${url}/readyz`)).status).toBe(200);
  }

  /** How many of this shop's instances the status names, and how many of them answer. */
  async function instances() {
    const { services, bus, warnings } = await shop.status(serving);
    const mine = services.filter(({ instance }) => shop.all.some(({ pid }) => instance.endsWith(`/${pid}`)));
    const codes = new Set(warnings.map(({ code }) => code));
    return {
      bus,
      codes,
      named: mine.length,
      answering: mine.filter(({ version }) => version !== undefined).length,
    };
  }

  test('before: a live client at either instance is told of what goes in anywhere', async () => {
    clients = await Promise.all([shop.watch(serving), shop.watch(other)]);
    await expectShown();
    await expectAllRight();
    expect(await instances()).toMatchObject({ bus: 'connected', named: 6, answering: 6 });
  });

  test('an id of one instance is unknown to the other, which begins with a snapshot', async () => {
    const [first] = clients as [LiveClient];
    const [same, moved] = await Promise.all([
      shop.watch(serving, first.lastId),
      shop.watch(other, first.lastId),
    ]);
    clients.push(moved);
    await expectShown();
    expect(moved.events[0]).toBe('snapshot');
    await sendSome();
    await eventually('it is told', () => same.events.length > 0);
    expect(same.events[0]).toBe('rows');
    same.close();
  });

  test('cut off: events are taken, answers are right and prompt, clients see them, cuts are made and served', async () => {
    proxy.set('refuse');
    await eventually('it is noticed', async () => (await instances()).bus === 'away');
    await expectAllRight();
    await expectCutsServed();
    await expectReady();
    const { codes, named, answering } = await instances();
    expect([codes.has('bus-away'), named, answering]).toEqual([true, 6, 1]);
    expect(codes).not.toContain('instance-silent');
  });

  test('cut off: a service starts, and does its work', async () => {
    const late = await shop.start('serving');
    await shop.expectExact(late);
    expect((await shop.status(late)).bus).toBe('away');
  });

  test('back: hints and control are there again, also for who started without', async () => {
    proxy.set('pass');
    await eventually('all are named', async () => {
      expect(await instances()).toEqual({ bus: 'connected', codes: new Set(), named: 7, answering: 7 });
      return true;
    });
    const before = clients.map(({ events }) => events.length);
    await expectAllRight();
    expect(clients.some(({ events }, index) => events.slice(before[index]).includes('rows'))).toBe(true);
  });

  test('half open: bytes vanish, nothing hangs', async () => {
    proxy.set('silent');
    await expectAllRight();
    await expectCutsServed();
    await expectReady();
    expect(proxy.counts.lost).toBeGreaterThan(0);
    expect((await instances()).codes).toContain('bus-away');
    proxy.set('pass');
    await eventually('all are named', async () => (await instances()).answering === 7);
    await expectAllRight();
  });
});
