/**
 * Services as processes on Kafka, NATS and MongoDB, one of which is killed with SIGKILL within each step in the life of a product's
 * versions, under load: the step goes on or back by itself, every answer is exactly its version's at the offsets that it names, and of what
 * is dropped nothing is left.
 *
 * TENON_E2E_SEED=7 is another run; TENON_E2E_LOG=FILE keeps what the instances said.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import { createParts } from '@tenon/composition';
import type { ServiceName } from '@tenon/composition';
import { TOPICS } from '@tenon/contracts';
import type { EventLog } from '@tenon/ports';
import { createLogger, readSettings } from '@tenon/runtime';
import { eventually, uniqueName } from '@tenon/testing';
import { Random } from '../exactness/random';
import { leftOf } from '../kill/left-of';
import { Fleet } from './fleet';
import { MeterClient } from './meter-client';
import { MeterOracle } from './meter-oracle';
import type { MeterProduct } from './meters';
import { METER_PRODUCTS, MeterField, writeMeterCatalog } from './meters';
import { describeOnServers, serverSettings } from './servers';

/** Of serving two: one answers while the other is away. */
const SERVICES = ['ingestion', 'speed', 'batch', 'consumption', 'serving', 'serving'] as const;
const SEED = Number(process.env['TENON_E2E_SEED'] ?? 1);
/** The least that brokers take by default. */
const SESSION = '6s';
const PATIENCE = { timeoutMs: 180_000, everyMs: 100 };

/** Version 2 leaves out what is small, and a restatement of version 1 a site. */
const LEAST = 1000;
const LEFT_OUT = 's3';

function meant(product: MeterProduct, version: number): MeterProduct {
  const { keep } = product;
  if (version === 2) return { ...product, keep: (reading) => keep(reading) && reading.watts >= LEAST };
  if (version === 3) return { ...product, keep: (reading) => keep(reading) && reading.site !== LEFT_OUT };
  return product;
}

describeOnServers('Versions of products on servers', () => {
  jest.setTimeout(600_000);
  const random = new Random(SEED);
  const source = uniqueName('life').replaceAll('-', '_');
  const field = new MeterField(random.fork());
  const directory = mkdtempSync(join(tmpdir(), 'tenon-life-'));
  const catalog = join(directory, 'catalog');
  let settings: Record<string, string>;
  let log: EventLog;
  let fleet: Fleet;
  let client: MeterClient;
  let isOver = false;
  let load: Promise<unknown> = Promise.resolve();
  /** Which versions a name may answer with, as time goes by. */
  const allowed: ReadonlySet<number>[] = [new Set([1])];
  const mixed: string[] = [];

  beforeAll(async () => {
    settings = {
      ...serverSettings(source),
      TENON_LAKE: join(directory, 'lake'),
      TENON_CATALOG: catalog,
      TENON_CUT_EVERY: '3s',
      TENON_SESSION_TIMEOUT: SESSION,
    };
    writeMeterCatalog(catalog, source);
    fleet = new Fleet(settings);
    log = createKafkaEventLog({ brokers: (process.env['TENON_KAFKA_BROKERS'] as string).split(',') });
    client = new MeterClient(fleet, new MeterOracle(log, TOPICS.events(source)), source);
    await Promise.all(SERVICES.map((service) => fleet.start(service)));
  });

  afterAll(async () => {
    isOver = true;
    await load.catch(() => undefined);
    await fleet?.close();
    if (process.env['TENON_E2E_LOG']) writeFileSync(process.env['TENON_E2E_LOG'], fleet.logs());
    await log?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const until = async (work: () => Promise<unknown>, pauseMs: number) => {
    while (!isOver) {
      await work();
      await sleep(pauseMs);
    }
  };

  async function ask(query: Readonly<Record<string, string>> = {}): Promise<void> {
    const product = random.pick(METER_PRODUCTS);
    const layer = random.pick(['merged', 'batch'] as const);
    const from = allowed.length - 1;
    const { version } = await client.check(product, layer, query, (one) => meant(product, one));
    if (!allowed.slice(from).some((one) => one.has(version)))
      mixed.push(`${product.suffix} answers with v${version}`);
  }

  const nameOf = ({ suffix }: MeterProduct) => `${source}_${suffix}`;

  async function post(path: string, body?: object): Promise<{ status: number; code?: string }> {
    const response = await fleet.request(
      'serving',
      path,
      {
        method: 'POST',
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      },
      () => true,
    );
    return { status: response.status, ...((await response.json()) as object) };
  }

  const stepOf = (product: MeterProduct, step: string, body?: object) =>
    post(`/v1/products/${nameOf(product)}/${step}`, body);

  interface Version {
    readonly version: number;
    readonly state: string;
  }

  async function versionOf(product: MeterProduct, version: number): Promise<Version> {
    const response = await fleet.request('serving', `/v1/products/${nameOf(product)}`, {}, () => true);
    const { versions = [] } = (await response.json()) as { versions?: readonly Version[] };
    return versions.find((one) => one.version === version) ?? { version, state: 'none' };
  }

  /** Takes a step of each product, and kills a service somewhere in it, which comes back. */
  async function killedWithin(victims: readonly ServiceName[], take: () => Promise<unknown>): Promise<void> {
    const taking = take();
    await sleep(random.int(0, 600));
    const victim = random.pick(victims);
    const [instance] = fleet.of(victim);
    if (instance !== undefined) await fleet.kill(instance);
    await fleet.start(victim);
    await taking;
  }

  /** Whoever asks all others to read the catalog is killed itself: some have, others find it in the store. */
  async function killedAtApply(): Promise<void> {
    const [asked] = fleet.of('serving');
    if (asked === undefined) throw new Error('No serving is there.');
    const asking = fetch(`${asked.url}/v1/apply`, { method: 'POST' }).catch(() => undefined);
    await sleep(random.int(0, 600));
    await fleet.kill(asked);
    await asking;
    await fleet.start('serving');
  }

  const each = (step: string, body?: object) =>
    Promise.all(METER_PRODUCTS.map((product) => stepOf(product, step, body)));

  /** Until a version of each product is in one of these states; who asked asks again where it went back. */
  async function become(version: number, wanted: readonly string[], again?: string, body?: object) {
    for (const product of METER_PRODUCTS) {
      if (again !== undefined && !wanted.includes((await versionOf(product, version)).state))
        await stepOf(product, again, body);
      await eventually(
        `v${version} of ${product.suffix} is ${wanted.join(' or ')}`,
        async () => {
          const found = await versionOf(product, version);
          if (!wanted.includes(found.state)) throw new Error(`${product.suffix}: ${JSON.stringify(found)}`);
          return true;
        },
        PATIENCE,
      );
    }
  }

  function declareSecond(): void {
    for (const product of METER_PRODUCTS) {
      const { suffix, topology } = product;
      const columns =
        'site, count(*) AS readings, sum(watts) AS total, max(watts) AS peak, count(DISTINCT meter) AS meters';
      const window =
        suffix === 'quarters' ? "time_bucket(INTERVAL '15 minutes', event_time) AS window_start, " : '';
      const file = join(catalog, 'products', nameOf(product));
      writeFileSync(
        `${file}.sql`,
        `SELECT ${window}${columns} FROM ${source} WHERE watts >= ${LEAST} GROUP BY ALL\n`,
      );
      writeFileSync(`${file}.yaml`, `topology: ${topology}\nversion: 2\n`);
    }
  }

  test('SIGKILL within apply, promote, rollback, drop and restate: each goes on or back, and every answer is exact', async () => {
    for (let batch = 0; batch < 10; batch++) await client.send(field.take(40));
    load = Promise.all([until(() => client.send(field.take(random.int(1, 20))), 60), until(ask, 120)]);
    load.catch(() => undefined);

    // Killed before it was registered, the catalog is found at the start, whose versions go over by themselves.
    allowed.push(new Set([1, 2]));
    declareSecond();
    await killedAtApply();
    for (const product of METER_PRODUCTS)
      if ((await versionOf(product, 2)).state === 'none') await post('/v1/apply');
    await become(2, ['ready', 'served']);

    await killedWithin(['serving', 'consumption'], () => each('promote?version=2'));
    await become(2, ['served'], 'promote?version=2');
    allowed.push(new Set([2]), new Set([1, 2]));

    await killedWithin(['serving', 'consumption'], () => each('rollback'));
    await become(1, ['served'], 'rollback');
    allowed.push(new Set([1]));

    await killedWithin(['consumption'], () => each('drop?version=2'));
    await become(2, ['dropping', 'dropped'], 'drop?version=2');

    allowed.push(new Set([1, 3]));
    const rule = { where: `site = '${LEFT_OUT}'` };
    await killedWithin(['speed', 'batch'], () => each('restate?promote=true', rule));
    await become(3, ['building', 'ready', 'served'], 'restate?promote=true', rule);
    await become(3, ['served']);
    allowed.push(new Set([3]));

    isOver = true;
    await load;
    for (const product of METER_PRODUCTS) {
      const answer = await client.check(
        product,
        'merged',
        { after: client.receipt, timeout: '60000' },
        (one) => meant(product, one),
      );
      expect(answer.version).toBe(3);
    }
    expect(mixed).toEqual([]);
    expect(client.lost()).toEqual([]);
    expect(client.checked.merged).toBeGreaterThan(20);
    expect(client.checked.batch).toBeGreaterThan(5);
    await become(2, ['dropped']);
    const parts = createParts(
      readSettings(settings),
      directory,
      createLogger({ level: 'silent', name: 'test' }),
      'test',
    );
    try {
      for (const product of METER_PRODUCTS) expect(await leftOf(parts, `${nameOf(product)}@2`)).toEqual([]);
    } finally {
      await parts.close();
    }
  });
});
