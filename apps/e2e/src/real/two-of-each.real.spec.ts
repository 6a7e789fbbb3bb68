/**
 * Two instances of each service against one Kafka, NATS, MongoDB and lake: they come, go, die and stand still under load,
 * and every answer meanwhile is exactly the fold of the records below the offsets that it names.
 *
 * TENON_E2E_ROUNDS=40 makes it a long run, TENON_E2E_SEED=7 another one; TENON_E2E_LOG=FILE keeps what the instances said.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import type { ServiceName } from '@tenon/composition';
import { TOPICS } from '@tenon/contracts';
import type { EventLog } from '@tenon/ports';
import { eventually, uniqueName } from '@tenon/testing';
import { Random } from '../exactness/random';
import { Fleet } from './fleet';
import { MeterClient } from './meter-client';
import { MeterOracle } from './meter-oracle';
import type { Reading } from './meters';
import { METER_PRODUCTS, MeterField, writeMeterCatalog } from './meters';
import { describeOnServers, serverSettings } from './servers';
import type { ServiceProcess } from './service-process';
import { roundsOf, strike } from './storm';

const SERVICES = ['ingestion', 'speed', 'batch', 'consumption', 'serving'] as const;

const ROUNDS = Number(process.env['TENON_E2E_ROUNDS'] ?? 4);
const SEED = Number(process.env['TENON_E2E_SEED'] ?? 1);
const CUT_EVERY_MS = 3_000;
/** The least that brokers take by default. */
const SESSION_MS = 6_000;

describeOnServers('Two of each service', () => {
  jest.setTimeout(120_000 + ROUNDS * 60_000);
  const random = new Random(SEED);
  const source = uniqueName('meters').replaceAll('-', '_');
  const field = new MeterField(random.fork());
  let directory: string;
  let log: EventLog;
  let fleet: Fleet;
  let oracle: MeterOracle;
  let client: MeterClient;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tenon-two-'));
    writeMeterCatalog(join(directory, 'catalog'), source);
    fleet = new Fleet({
      ...serverSettings(source),
      TENON_LAKE: join(directory, 'lake'),
      TENON_CATALOG: join(directory, 'catalog'),
      TENON_CUT_EVERY: `${CUT_EVERY_MS}ms`,
      TENON_SESSION_TIMEOUT: `${SESSION_MS}ms`,
    });
    log = createKafkaEventLog({ brokers: (process.env['TENON_KAFKA_BROKERS'] as string).split(',') });
    oracle = new MeterOracle(log, TOPICS.events(source));
    client = new MeterClient(fleet, oracle, source);
    await Promise.all([...SERVICES, ...SERVICES].map((service) => fleet.start(service)));
  });

  afterAll(async () => {
    await fleet?.close();
    if (process.env['TENON_E2E_LOG']) writeFileSync(process.env['TENON_E2E_LOG'], fleet.logs());
    await log?.close();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  const allIncluded = async () => {
    for (const product of METER_PRODUCTS)
      await client.check(product, 'merged', { after: client.receipt, timeout: '60000' });
  };
  const told = (service: ServiceName, message: string) =>
    fleet.all
      .filter((one) => one.service === service)
      .flatMap(({ instance }) => instance.log.filter(({ msg }) => msg === message));

  test('at rest: each partition has one reader, each run is made once, one ingestion cuts', async () => {
    for (let batch = 0; batch < 40; batch += 1) {
      await client.send(field.take(20));
      await sleep(150);
    }
    await allIncluded();
    const runs = told('batch', 'batch run begins').map(({ to }) => to);
    expect(runs.length).toBeGreaterThanOrEqual(2);
    expect(runs).toEqual([...new Set(runs)]);
    // Of several with one schedule, one cuts at a time; both may where they begin in the same instant.
    const cuts = told('ingestion', 'cut').map(({ epoch, time }) => ({ epoch, at: Date.parse(String(time)) }));
    expect(cuts.map(({ epoch }) => epoch)).toEqual([...new Set(cuts.map(({ epoch }) => epoch))]);
    const times = cuts.map(({ at }) => at).sort((one, other) => one - other);
    const periods = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / CUT_EVERY_MS;
    expect(cuts.length).toBeLessThanOrEqual(periods + 2);
  });

  test('a rolling restart of every service, under load, fails no request', async () => {
    let over = false;
    const answered = { ingestion: 0, serving: 0 };
    // Nothing is tried twice but what nobody took.
    const ask = async (service: 'ingestion' | 'serving', path: string, init?: () => RequestInit) => {
      while (!over) {
        const response = await fleet.request(service, path, init?.());
        expect([response.status, await response.json()]).toEqual([init ? 202 : 200, expect.anything()]);
        answered[service] += 1;
      }
    };
    const post = (): RequestInit => {
      const [{ id, ...data }] = field.take(1) as [Reading];
      const headers = { 'content-type': 'application/json', 'idempotency-key': `${id}-rolling` };
      return { method: 'POST', headers, body: JSON.stringify(data) };
    };
    const asking = Promise.all([
      ask('ingestion', `/v1/sources/${source}/events`, post),
      ask('ingestion', `/v1/sources/${source}/events`, post),
      ask('serving', `/v1/products/${source}_sites/rows`),
      ask('serving', `/v1/products/${source}_quarters/rows?layer=batch`),
    ]);
    const roll = async () => {
      const old = SERVICES.map((service) => fleet.of(service)[0] as ServiceProcess);
      await Promise.all(SERVICES.map((service) => fleet.start(service)));
      expect(await Promise.all(old.map((instance) => fleet.retire(instance)))).toEqual(old.map(() => 0));
    };
    await Promise.race([roll(), asking]).finally(() => (over = true));
    await asking;
    expect(answered.ingestion).toBeGreaterThan(20);
    expect(answered.serving).toBeGreaterThan(20);
    await client.send(field.take(10));
    await allIncluded();
  });

  test('under load, whoever comes, goes, dies or stands still: every answer is exact', async () => {
    const rounds = roundsOf(random.fork(), ROUNDS);
    let over = false;
    let sent = 0;
    const until = (work: () => Promise<unknown>, pauseMs: number) =>
      (async () => {
        while (!over) {
          await work();
          await sleep(pauseMs);
        }
      })();
    const sizes = random.fork();
    const questions = random.fork();
    const loads = [
      until(async () => ((sent += 1), client.send(field.take(sizes.chance(0.5) ? 1 : sizes.int(2, 40)))), 50),
      until(() => client.checkAny(questions), 150),
      until(() => client.checkLedger(), 2_000),
      until(() => fleet.request('ingestion', '/v1/cuts?full=true', { method: 'POST' }, () => true), 9_000),
    ];
    const failed = Promise.all(loads).then(() => undefined);
    failed.catch(() => undefined);
    const recoveries: string[] = [];
    const storm = async () => {
      for (const round of rounds) {
        const began = performance.now();
        const name = round.map(({ deed, service }) => `${deed} ${service}`).join(', ');
        recoveries.push(`${name} at ${new Date().toISOString()}`);
        await Promise.all(round.map((blow) => strike(fleet, blow, random, SESSION_MS)));
        const back = performance.now();
        await allIncluded();
        const [downMs, lagMs] = [back - began, performance.now() - back].map(Math.round);
        recoveries.push(`  took ${downMs} ms, and ${lagMs} ms until all was in`);
        await sleep(500);
      }
    };
    await Promise.race([storm(), failed]).finally(() => {
      over = true;
      console.info(recoveries.join('\n'));
    });
    await failed;
    expect(sent).toBeGreaterThan(ROUNDS * 20);
  });

  test('at the end all that was acknowledged is in, in each layer, and the ledger adds up', async () => {
    await client.send(field.take(10));
    await allIncluded();
    const response = await fleet.request('ingestion', '/v1/cuts?wait=true', { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([202, expect.anything()]);
    await oracle.readUpTo(client.acknowledgedUpTo());
    expect(client.lost()).toEqual([]);
    for (const product of METER_PRODUCTS) {
      await client.check(product, 'merged');
      await client.check(product, 'speed');
      const { answer } = await client.check(product, 'batch');
      for (const [partition, next] of Object.entries(client.acknowledgedUpTo()))
        expect(answer.cut[source]?.[partition]).toBeGreaterThanOrEqual(next);
    }
    await eventually('the ledger names every record', async () => {
      const end = await log.endOffsets(TOPICS.events(source));
      const count = Object.values(end).reduce((sum, next) => sum + next, 0);
      return (await client.checkLedger()).every(({ accepted }) => accepted === count);
    });
    const { checked, acknowledged, unknown } = client;
    console.info(
      `seed ${SEED}: ${acknowledged.length} events acknowledged, ${unknown} sends unknown and sent again, checked ${JSON.stringify(checked)}, crashes ${JSON.stringify(fleet.crashes)}`,
    );
    expect(checked.bothLayers).toBeGreaterThan(0);
    for (const layer of ['merged', 'batch', 'speed', 'ledger'] as const)
      expect(checked[layer]).toBeGreaterThan(ROUNDS);
  });

  test('all end in order', async () => {
    const left = SERVICES.flatMap((service) => fleet.of(service));
    expect(left).toHaveLength(10);
    expect(await Promise.all(left.map((instance) => fleet.stop(instance)))).toEqual(left.map(() => 0));
  });
});
