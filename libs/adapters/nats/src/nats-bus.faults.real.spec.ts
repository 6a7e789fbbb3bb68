import type { Bus, BusMessage } from '@tenon/ports';
import { createTcpProxy, eventually, uniqueName } from '@tenon/testing';
import type { TcpProxy } from '@tenon/testing';
import { createNatsBus } from './nats-bus';

const given = process.env['TENON_NATS_URL'];

function describeFaults(url: string): void {
  describe('The bus over NATS, over a network that fails', () => {
    let proxy: TcpProxy;
    let through: string;
    const open: Bus[] = [];
    const bus = async (to: string) => {
      const made = await createNatsBus({ url: to, firstConnectMs: 500 });
      open.push(made);
      return made;
    };

    beforeEach(async () => {
      const { hostname, port } = new URL(url);
      proxy = await createTcpProxy({ host: hostname, port: Number(port) });
      through = `nats://127.0.0.1:${proxy.port}`;
    });

    afterEach(async () => {
      for (const one of open.splice(0)) await one.close();
      await proxy.close();
    });

    test('with NATS gone publishing loses messages and nothing else; subscriptions are there again when it is back', async () => {
      const [far, near] = [await bus(through), await bus(url)];
      const to = uniqueName('faults');
      const heard: BusMessage[] = [];
      await far.subscribe(to, (message) => void heard.push(message));
      await far.respond(`${to}-ask`, () => 'answer');
      proxy.set('refuse');
      await eventually('it notices', () => !far.connected());
      for (let i = 0; i < 1000; i++) far.publish(to, 'lost');
      expect(await far.request(`${to}-ask`, null, { timeoutMs: 5_000 })).toEqual([]);
      const early: BusMessage[] = [];
      await far.subscribe(`${to}-early`, (message) => void early.push(message));
      proxy.set('pass');
      await eventually('it is back', () => far.connected());
      await eventually('it hears', () => {
        near.publish(to, 'found');
        near.publish(`${to}-early`, 'found');
        return heard.length > 0 && early.length > 0;
      });
      expect(heard.every(({ payload }) => payload === 'found')).toBe(true);
      expect(await near.request(`${to}-ask`, null, { timeoutMs: 2_000, max: 1 })).toEqual(['answer']);
    });

    test('a bus starts without NATS, and is connected once there is one', async () => {
      proxy.set('refuse');
      const began = performance.now();
      const far = await bus(through);
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(far.connected()).toBe(false);
      const to = uniqueName('faults');
      let heard = 0;
      await far.subscribe(to, () => void heard++);
      far.publish(to, 'lost');
      proxy.set('pass');
      await eventually('it connects', () => far.connected());
      await eventually('it hears', () => {
        far.publish(to, 'found');
        return heard > 0;
      });
    });

    test('a bus that never had a connection can be closed', async () => {
      proxy.set('refuse');
      const far = await bus(through);
      await far.close();
      proxy.set('pass');
      expect(far.connected()).toBe(false);
    });
  });
}

if (given) describeFaults(given);
else
  describe.skip('The bus over NATS, over a network that fails (skipped: TENON_NATS_URL is not set)', () => {
    test('goes on without it', () => undefined);
  });
