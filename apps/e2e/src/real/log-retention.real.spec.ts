/**
 * Kappa with secondary storage and no batch, on real servers: an archive alone, behind which Kafka's topic lets go what is old. Whoever
 * comes later, a speed that replays or a product that is new, reads all of it all the same.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import { TOPICS } from '@tenon/contracts';
import { eventually } from '@tenon/testing';
import { describeOnServers, serverSettings } from './servers';
import type { ServiceProcess } from './service-process';
import { makeOrders, shopsOf } from './shop';
import { ShopProcesses } from './shop-processes';

const CHECKOUT = join(__dirname, '../../../..');
const ARCHIVE = { TENON_ROLE: 'archive' };

describeOnServers('A log that is kept for a second once it is archived', () => {
  let shop: ShopProcesses;
  let sent = 0;
  const log = createKafkaEventLog({ brokers: (process.env['TENON_KAFKA_BROKERS'] ?? '').split(',') });

  beforeAll(() => {
    shop = new ShopProcesses({ TENON_LOG_RETENTION: '1s' });
    inKappa('hours');
  });
  afterAll(async () => {
    await shop?.end();
    await log.close();
  });

  const file = (product: string) => join(shop.catalog, 'products', `${shop.source}_${product}`);
  const inKappa = (product: string) => writeFileSync(`${file(product)}.yaml`, 'topology: kappa\n');

  async function send(to: ServiceProcess, count: number): Promise<void> {
    await shop.send(to, makeOrders(sent, sent + count));
    sent += count;
  }

  async function cut(at: ServiceProcess): Promise<void> {
    const response = await fetch(`${at.url}/v1/cuts?wait=true&timeout=60000`, { method: 'POST' });
    expect(response.status).toBe(202);
  }

  /** How many records there are before where the topic starts. */
  const letGo = async () =>
    Object.values(await log.startOffsets(TOPICS.events(shop.source))).reduce((sum, start) => sum + start, 0);
  const patient = { timeoutMs: 120_000 };

  test('is read from the archive by whoever comes later, and nothing goes before it is archived', async () => {
    const [ingestion, consumption, serving] = await Promise.all([
      shop.start('ingestion'),
      shop.start('consumption'),
      shop.start('serving'),
    ]);
    let [archive, speed] = await Promise.all([shop.start('batch', ARCHIVE), shop.start('speed')]);
    await send(ingestion, 600);
    await cut(ingestion);
    await shop.expectExact(serving);
    // 600 events and three barriers.
    await eventually('all of the topic goes', async () => (await letGo()) === 603, patient);
    await eventually(
      'all are there, and nothing is missed',
      async () => {
        const { services, warnings } = await shop.status(serving);
        const names = services.map(({ name }) => name).sort();
        return warnings.length === 0 && names.join() === 'archive,consumption,ingestion,serving,speed';
      },
      patient,
    );

    // Without an archive nothing goes, and the deployment says that there is none.
    await archive.stop();
    await send(ingestion, 300);
    await shop.expectExact(serving);
    await eventually(
      'the archive is missed',
      async () =>
        (await shop.status(serving)).warnings.some(
          ({ message }) => message === 'No instance of archive is there.',
        ),
      patient,
    );
    expect(await letGo()).toBe(603);

    // What speed replays begins in the archive; a product that is new reads all of it from there.
    await speed.kill();
    writeFileSync(
      `${file('late')}.sql`,
      `SELECT shop, count(*) AS orders, sum(amount) AS total FROM ${shop.source} GROUP BY ALL\n`,
    );
    inKappa('late');
    [archive, speed] = await Promise.all([shop.start('batch', ARCHIVE), shop.start('speed')]);
    for (const one of [ingestion, consumption, serving]) one.hangup();
    await send(ingestion, 300);
    await eventually(
      'the new product has all',
      async () => {
        const rows = await shop.rows(serving, 'late').catch(() => []);
        return rows.reduce((sum, [, orders]) => sum + Number(orders), 0) === sent;
      },
      patient,
    );
    expect(await shop.rows(serving, 'late')).toEqual(shopsOf(shop.accepted));
    await shop.expectExact(serving);
    await cut(ingestion);
    await shop.expectExact(serving);
    await eventually('what has been archived since goes too', async () => (await letGo()) === 1206, patient);
    await shop.expectExact(serving);

    // A dump has all of it, wherever it lies.
    const backup = join(shop.directory, 'backup');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(CHECKOUT, 'apps/tenon/bin/tenon.js'), 'dump', shop.source, backup, '--json'],
      {
        env: {
          PATH: process.env['PATH'],
          ...serverSettings(shop.source),
          TENON_LAKE: join(shop.directory, 'lake'),
        },
      },
    );
    expect(JSON.parse(stdout)).toMatchObject({
      complete: true,
      topics: [{ records: sent + 3 * 2, missing: {} }],
    });
    expect([...archive.log, ...speed.log].filter(({ level }) => level === 'error')).toEqual([]);
  });
});
