/**
 * A source from a Kafka topic whose values are Avro, Protobuf and JSON by a schema registry, as other tools write them: read exactly
 * once through a kill and an outage of the registry, and what is not decodable is a dead letter with its bytes.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'avsc';
import { Kafka, logLevel } from 'kafkajs';
import { parse } from 'protobufjs';
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import type { Host } from '@tenon/composition';
import { startHost } from '@tenon/composition';
import { TOPICS } from '@tenon/contracts';
import { createLogger, readSettings } from '@tenon/runtime';
import type { TestRegistry } from '@tenon/testing';
import { eventually, framed, startSchemaRegistry, uniqueName } from '@tenon/testing';
import { describeOnServers, serverSettings } from './servers';
import { ServiceProcess } from './service-process';
import type { Order } from './shop';
import { cellsOfRows, makeOrders, shopsOf } from './shop';

const AVRO = {
  ...{ type: 'record', name: 'Order' },
  fields: ['order', 'shop', 'at']
    .map((name): object => ({ name, type: 'string' }))
    .concat({ name: 'amount', type: ['null', 'long'] }),
};
const PROTO =
  'syntax = "proto3"; message Order { string order = 1; string shop = 2; int64 amount = 3; string at = 4; }';

describeOnServers('A source by a schema registry', () => {
  jest.setTimeout(180_000);
  const source = uniqueName('registered').replaceAll('-', '_');
  const topic = uniqueName('shop.orders');
  const kafka = new Kafka({
    brokers: (process.env['TENON_KAFKA_BROKERS'] ?? '').split(','),
    logLevel: logLevel.NOTHING,
  });
  const producer = kafka.producer();
  const log = createKafkaEventLog({ brokers: (process.env['TENON_KAFKA_BROKERS'] ?? '').split(',') });
  const patient = { timeoutMs: 60_000 };
  let directory: string;
  let registry: TestRegistry;
  let settings: Record<string, string>;
  let host: Host;
  let ids: Readonly<Record<'avro' | 'proto' | 'json', number>>;
  const instances: ServiceProcess[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tenon-registry-'));
    registry = await startSchemaRegistry('tenon:hidden');
    ids = {
      avro: registry.add('a', { schema: JSON.stringify(AVRO) }),
      proto: registry.add('p', { schema: PROTO, schemaType: 'PROTOBUF' }),
      json: registry.add('j', { schema: '{}', schemaType: 'JSON' }),
    };
    const properties = {
      order: { type: 'string' },
      shop: { type: 'string' },
      amount: { type: 'integer' },
      at: { type: 'string', format: 'date-time' },
    };
    const schema = { type: 'object', required: Object.keys(properties), properties };
    const from = { kafka: { topic, encoding: 'registry' } };
    for (const folder of ['sources', 'products'])
      mkdirSync(join(directory, 'catalog', folder), { recursive: true });
    const write = (name: string, text: string) => writeFileSync(join(directory, 'catalog', name), text);
    write(`sources/${source}.yaml`, JSON.stringify({ from, key: 'shop', time: 'at', partitions: 2, schema }));
    write(
      `products/${source}_shops.sql`,
      `SELECT shop, count(*) AS orders, sum(amount) AS total FROM ${source} GROUP BY shop\n`,
    );
    settings = {
      ...serverSettings(source),
      TENON_LAKE: join(directory, 'lake'),
      TENON_CATALOG: join(directory, 'catalog'),
      TENON_CUT_EVERY: '3s',
      TENON_SESSION_TIMEOUT: '6s',
      TENON_PORT: '0',
      TENON_SCHEMA_REGISTRY_URL: registry.url,
      TENON_SCHEMA_REGISTRY_USERNAME: 'tenon',
      TENON_SCHEMA_REGISTRY_PASSWORD: 'hidden',
    };
    const admin = kafka.admin();
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] });
    await admin.disconnect();
    host = await startHost({
      services: ['speed', 'batch', 'consumption', 'serving'],
      supervised: true,
      settings: readSettings(settings),
      data: join(directory, 'data'),
      logger: createLogger({ level: 'silent', name: 'tenon' }),
      environment: {},
    });
  });
  afterAll(async () => {
    await Promise.all(instances.map((one) => one.kill()));
    await producer.disconnect();
    await host?.stop();
    await log.close();
    await registry?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const start = async () => {
    const instance = await ServiceProcess.start('ingestion', settings);
    instances.push(instance);
    return instance;
  };

  const avro = Type.forSchema(AVRO as never);
  const proto = parse(PROTO, { keepCase: true }).root.lookupType('Order');
  function valueOf(order: Order, at: number): Buffer {
    if (at % 3 === 0) return framed(ids.avro, avro.toBuffer(order));
    if (at % 3 === 1)
      return framed(
        ids.proto,
        Buffer.concat([Buffer.from([0]), proto.encode(proto.fromObject(order)).finish()]),
      );
    return framed(ids.json, Buffer.from(JSON.stringify(order)));
  }
  const send = (orders: readonly Order[]) =>
    producer.send({ topic, messages: orders.map((order, at) => ({ value: valueOf(order, at) })) });

  const rows = async () => {
    const response = await fetch(`${host.url}/v1/products/${source}_shops/rows?limit=1000`);
    return cellsOfRows(((await response.json()) as { rows: Record<string, unknown>[] }).rows ?? []);
  };
  const counted = (count: number) =>
    eventually(
      'all is counted',
      async () => (await rows()).reduce((sum, [, orders]) => sum + Number(orders), 0) >= count,
      patient,
    );

  test('is read exactly once, and waits for the registry', async () => {
    registry.fails = 503;
    const orders = makeOrders(0, 600);
    await send(orders.slice(0, 300));
    const first = await start();
    await eventually(
      'it waits',
      async () => {
        const ready = (await (await fetch(`${first.url}/readyz`)).json()) as { degraded?: string[] };
        return (ready.degraded ?? []).some((reason) => reason.includes('schema registry'));
      },
      patient,
    );
    registry.fails = null;
    await counted(300);
    const bad = [
      Buffer.from('{"order":"x"}'),
      framed(99, Buffer.from([1])),
      framed(ids.avro, Buffer.from([1])),
      framed(ids.avro, avro.toBuffer({ ...orders[0], amount: null })),
    ];
    await producer.send({ topic, messages: bad.map((value) => ({ value, partition: 0 })) });
    await send(orders.slice(300));
    await first.kill();
    await start();
    await counted(600);
    expect(await rows()).toEqual(shopsOf(orders));
    const letters = await log.read(TOPICS.deadLetters(source), 0, 0);
    expect(letters.map((letter) => letter.header('tenon-reason'))).toEqual([
      'not-framed',
      'schema-unknown',
      'not-decodable',
      'schema-violation',
    ]);
    expect(letters.slice(0, 3).map(({ value }) => Buffer.from(value))).toEqual(bad.slice(0, 3));
    expect(JSON.parse(Buffer.from(letters[3]?.value ?? []).toString())).toEqual({
      ...orders[0],
      amount: null,
    });
  });
});
