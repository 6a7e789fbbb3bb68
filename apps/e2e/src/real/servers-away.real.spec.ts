/**
 * A server goes away under whole services and comes back: nobody ends, and after it is back all go on by themselves. How soon is
 * printed; what is asserted are order and bounds that a busy machine keeps too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@tenon/composition';
import { eventually } from '@tenon/testing';
import type { ServerName } from './own-stack';
import { OwnStack } from './own-stack';
import type { ServiceProcess } from './service-process';
import { describeOnServers } from './servers';
import { makeOrders } from './shop';
import { ShopProcesses } from './shop-processes';

/** How long each is away: longer than a session, and than what clients of Kafka retry for by themselves. */
const AWAY_MS = Number(process.env['TENON_AWAY_MS'] ?? 15_000);
const BOUND = { timeoutMs: 120_000, everyMs: 50 };
const SERVICES = ['ingestion', 'speed', 'batch', 'consumption', 'serving'] as const;

/** Who can't do its work without the server, and says so. */
const NEED: Readonly<Record<ServerName, readonly ServiceName[]>> = {
  kafka: ['ingestion', 'speed', 'batch', 'consumption'],
  mongodb: ['speed', 'batch', 'consumption', 'serving'],
  nats: [],
};

describeOnServers('A server that goes away', () => {
  jest.setTimeout(300_000);
  let stack: OwnStack;
  let shop: ShopProcesses;
  let processes: Readonly<Record<(typeof SERVICES)[number], ServiceProcess>>;
  const exits: string[] = [];
  let sent = 0;

  beforeAll(async () => {
    stack = new OwnStack();
    await stack.up();
    shop = new ShopProcesses(stack.settings('away'));
    const started = await Promise.all(
      SERVICES.map(async (service) => {
        const one = await shop.start(service);
        void one.exit.then((code) => exits.push(`${service} ended with ${code}`));
        return [service, one] as const;
      }),
    );
    processes = Object.fromEntries(started) as typeof processes;
    await sendSome();
    await shop.expectExact(processes.serving);
  });

  afterAll(async () => {
    await shop?.end();
    await stack?.end();
  });

  async function sendSome(): Promise<void> {
    await shop.send(processes.ingestion, makeOrders(sent, sent + 50));
    sent += 50;
  }

  const isReady = async (service: ServiceName): Promise<boolean> => {
    const { url } = processes[service as keyof typeof processes];
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) })).status === 200;
  };

  test.each(['nats', 'mongodb', 'kafka'] as const)(
    '%s: all wait for it, and go on once it is back',
    async (server) => {
      if (!stack.canEnd) return console.info('Servers in containers are not ended here.');
      await stack.kill(server);
      for (const service of NEED[server])
        await eventually(
          `${service} says that ${server} is away`,
          async () => !(await isReady(service)),
          BOUND,
        );
      await sleep(AWAY_MS);
      expect(exits).toEqual([]);
      await stack.up();
      // From when it answers: it does so before those who started it have seen it.
      const back = performance.now();
      const since = () => Math.round(performance.now() - back);
      const ready: Record<string, number> = {};
      await Promise.all(
        SERVICES.map(async (service) => {
          await eventually(`${service} is ready`, () => isReady(service), BOUND);
          ready[service] = since();
        }),
      );
      await sendSome();
      const taken = since();
      await shop.expectExact(processes.serving);
      const answered = since();
      console.info(`${server} was away for ${AWAY_MS} ms: ${JSON.stringify({ ready, taken, answered })}`);
      expect(exits).toEqual([]);
      expect(taken).toBeLessThanOrEqual(answered);
      expect(answered).toBeLessThan(BOUND.timeoutMs);
    },
  );
});
