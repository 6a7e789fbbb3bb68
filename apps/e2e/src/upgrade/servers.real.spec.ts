/**
 * A deployment of the release before, two instances of each service on Kafka, NATS and MongoDB, is upgraded one service after
 * the other in the order that docs/wire.md says, while events come and clients ask: every answer is exactly the fold of the
 * records below the offsets that it names, whoever gave it, and nothing that was acknowledged is missing.
 *
 * TENON_E2E_SEED=7 makes it another one; TENON_E2E_LOG=FILE keeps what the instances said.
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
import { Fleet } from '../real/fleet';
import { MeterClient } from '../real/meter-client';
import { MeterOracle } from '../real/meter-oracle';
import { METER_PRODUCTS, MeterField, writeMeterCatalog } from '../real/meters';
import { lacking, serverSettings } from '../real/servers';
import type { ServiceProcess } from '../real/service-process';
import { EDITION_2, checkOut, isInHistory } from './release';

const SERVICES = ['ingestion', 'speed', 'batch', 'consumption', 'serving'] as const;
const why =
  lacking() !== '' || isInHistory(EDITION_2)
    ? lacking()
    : ` (skipped: this clone does not have the commit ${EDITION_2}; git fetch --unshallow gets it)`;

const SEED = Number(process.env['TENON_E2E_SEED'] ?? 1);
const CUT_EVERY_MS = 5_000;
const SESSION_MS = 6_000;
/** How long two releases of a service work side by side. */
const SIDE_BY_SIDE_MS = 8_000;

(why === '' ? describe : describe.skip)(`A deployment of edition 2${why}`, () => {
  jest.setTimeout(300_000);
  const random = new Random(SEED);
  const source = uniqueName('meters').replaceAll('-', '_');
  const field = new MeterField(random.fork());
  const products = METER_PRODUCTS.map(({ suffix }) => `${source}_${suffix}`);
  let directory: string;
  let before: string;
  let log: EventLog;
  let fleet: Fleet;
  let oracle: MeterOracle;
  let client: MeterClient;
  let load: Promise<void>;
  let over = false;
  const waits: string[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tenon-upgrade-'));
    before = join(directory, 'edition-2');
    checkOut(EDITION_2, before);
    writeMeterCatalog(join(directory, 'catalog'), source);
    const settings = {
      ...serverSettings(source),
      TENON_LAKE: join(directory, 'lake'),
      TENON_CATALOG: join(directory, 'catalog'),
      TENON_CUT_EVERY: `${CUT_EVERY_MS}ms`,
      TENON_SESSION_TIMEOUT: `${SESSION_MS}ms`,
    };
    // What stops at a newer release is not started again: it would stop there again.
    fleet = new Fleet(settings, (ended) => !hasStoppedAtNewer(ended));
    log = createKafkaEventLog({ brokers: (process.env['TENON_KAFKA_BROKERS'] as string).split(',') });
    oracle = new MeterOracle(log, TOPICS.events(source));
    client = new MeterClient(fleet, oracle, source);
    await Promise.all([...SERVICES, ...SERVICES].map((service) => fleet.start(service, before)));
  });

  afterAll(async () => {
    over = true;
    await load?.catch(() => undefined);
    console.info(waits.join('\n'));
    await fleet?.close();
    if (process.env['TENON_E2E_LOG']) writeFileSync(process.env['TENON_E2E_LOG'], fleet.logs());
    await log?.close();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  const hasStoppedAtNewer = ({ log: lines }: ServiceProcess) =>
    JSON.stringify(lines.slice(-5)).includes('unsupported-version');

  /** Events come, and clients ask, for as long as the upgrade takes. */
  function begin(): Promise<void> {
    const until = async (work: () => Promise<unknown>, pauseMs: number) => {
      while (!over) {
        await work();
        await sleep(pauseMs);
      }
    };
    const sizes = random.fork();
    const questions = random.fork();
    const loads = [
      until(() => client.send(field.take(sizes.chance(0.5) ? 1 : sizes.int(2, 40))), 50),
      until(() => client.checkAny(questions), 150),
      until(() => client.checkLedger(), 2_000),
    ];
    return Promise.all(loads).then(() => undefined);
  }

  /** Work of the upgrade, which fails as soon as the load does. */
  const underLoad = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([work, load.then(() => Promise.reject(new Error('the load has ended')))]);

  const allIncluded = async (what: string) => {
    const began = performance.now();
    for (const product of METER_PRODUCTS)
      await client.check(product, 'merged', { after: client.receipt, timeout: '60000' });
    waits.push(`${what}: all was in after ${Math.round(performance.now() - began)} ms`);
  };

  /** Takes the instances of a service away that are of the release before, if they are there still. */
  const old = new Map<ServiceName, ServiceProcess[]>();
  const retireOne = async (service: ServiceName): Promise<void> => {
    const instance = old.get(service)?.shift() as ServiceProcess;
    const isThere = fleet.of(service).includes(instance);
    const code = isThere ? await fleet.retire(instance) : await instance.exit;
    const stopped = hasStoppedAtNewer(instance) ? ', at what is newer' : '';
    waits.push(`  one of edition 2 ended with ${code}${stopped}`);
    expect([code, stopped !== '']).toContain(stopped === '' ? 0 : true);
  };

  /** One after the other, so that both releases work at a time. */
  async function upgrade(service: ServiceName, sideBySideMs = 0): Promise<void> {
    waits.push(`${service}, at ${client.acknowledged.length} events`);
    const ofEdition2 = fleet.all.filter((one) => one.service === service).map(({ instance }) => instance);
    old.set(service, ofEdition2);
    for (const _ of [1, 2]) {
      await fleet.start(service);
      await sleep(sideBySideMs);
      await retireOne(service);
      await allIncluded(`  half of ${service}`);
    }
  }

  const statesOfEdition2 = async () => {
    let end = 0;
    for (const product of products)
      for (const next of Object.values(await log.endOffsets(TOPICS.statesOfEdition2(product)))) end += next;
    return end;
  };

  test('serves, and has cut a few times', async () => {
    for (let batch = 0; batch < 30; batch += 1) {
      await client.send(field.take(20));
      await sleep(100);
    }
    await allIncluded('edition 2');
    load = begin();
    load.catch(() => undefined);
    await eventually('a generation', async () => {
      const { answer } = await client.check(METER_PRODUCTS[0]!, 'merged');
      return answer.generation >= 2;
    });
  });

  test('serving is upgraded, and answers from what edition 2 lands', async () => {
    await underLoad(upgrade('serving', 2_000));
  });

  let written: number;

  test('consumption is upgraded, and lands what edition 2 writes, beside edition 2 and then alone', async () => {
    await underLoad(upgrade('consumption', SIDE_BY_SIDE_MS));
    written = await statesOfEdition2();
    await underLoad(sleep(SIDE_BY_SIDE_MS).then(() => allIncluded('consumption alone')));
    // Speed of edition 2 was there all the while, and all that it wrote was in.
    expect(await statesOfEdition2()).toBeGreaterThan(written);
  });

  test('batch is upgraded, and what was cut meanwhile is made up', async () => {
    await underLoad(upgrade('batch', 2_000));
    const cut = fleet.request('ingestion', '/v1/cuts?wait=true&timeout=60000', { method: 'POST' });
    const response = await underLoad(cut);
    expect([response.status, await response.json()]).toEqual([202, expect.anything()]);
    await underLoad(allIncluded('batch'));
  });

  test('speed is upgraded, and goes on from the cuts', async () => {
    await underLoad(upgrade('speed', SIDE_BY_SIDE_MS));
    written = await statesOfEdition2();
  });

  test('ingestion is upgraded', async () => {
    await underLoad(upgrade('ingestion', 2_000));
    // A full recomputation, which begins a new line.
    const cut = fleet.request('ingestion', '/v1/cuts?wait=true&full=true&timeout=60000', { method: 'POST' });
    expect((await underLoad(cut)).status).toBe(202);
    await underLoad(allIncluded('edition 3'));
  });

  test('at the end all that was acknowledged is in, in each layer, and the ledger adds up', async () => {
    over = true;
    await load;
    await allIncluded('at rest');
    const response = await fleet.request('ingestion', '/v1/cuts?wait=true&timeout=60000', { method: 'POST' });
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
    waits.push(
      `seed ${SEED}: ${acknowledged.length} events acknowledged, ${unknown} sends unknown and sent again, checked ${JSON.stringify(checked)}, crashes ${JSON.stringify(fleet.crashes)}`,
    );
    expect(checked.bothLayers).toBeGreaterThan(0);
    // Nobody has written what edition 2 wrote since.
    expect(await statesOfEdition2()).toBe(written);
  });

  test('all end in order', async () => {
    const left = SERVICES.flatMap((service) => fleet.of(service));
    expect(left).toHaveLength(10);
    expect(await Promise.all(left.map((instance) => fleet.stop(instance)))).toEqual(left.map(() => 0));
  });
});
