/**
 * A source from a Kafka topic whose values are Avro, Protobuf and JSON by a schema registry, as other tools write them: read exactly
 * once through a kill and an outage of the registry, and what is not decodable is a dead letter with its bytes.
 */
import { Type } from 'avsc';
import { Kafka, logLevel } from 'kafkajs';
import { parse } from 'protobufjs';
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import { TOPICS } from '@tenon/contracts';
import type { TestRegistry } from '@tenon/testing';
import { eventually, framed, startSchemaRegistry, uniqueName } from '@tenon/testing';
import { FeedServices } from './feed-services';
import { describeOnServers } from './servers';
import type { Order } from './shop';
import { makeOrders, shopsOf } from './shop';

const AVRO = {
  ...{ type: 'record', name: 'Order' },
  fields: ['order', 'shop', 'at']
    .map((name): object => ({ name, type: 'string' }))
    .concat({ name: 'amount', type: ['null', 'long'] }),
};
const PROTO =
  'syntax = "proto3"; message Order { string order = 1; string shop = 2; int64 amount = 3; string at = 4; }';

describeOnServers('A source by a schema registry', () => {
  const source = uniqueName('registered').replaceAll('-', '_');
  const topic = uniqueName('shop.orders');
  const kafka = new Kafka({
    brokers: (process.env['TENON_KAFKA_BROKERS'] ?? '').split(','),
    logLevel: logLevel.NOTHING,
  });
  const producer = kafka.producer();
  const log = createKafkaEventLog({ brokers: (process.env['TENON_KAFKA_BROKERS'] ?? '').split(',') });
  const patient = { timeoutMs: 120_000 };
  let registry: TestRegistry;
  let services: FeedServices;
  let ids: Readonly<Record<'avro' | 'proto' | 'json', number>>;

  beforeAll(async () => {
    registry = await startSchemaRegistry('tenon:hidden');
    ids = {
      avro: registry.add('a', { schema: JSON.stringify(AVRO) }),
      proto: registry.add('p', { schema: PROTO, schemaType: 'PROTOBUF' }),
      json: registry.add('j', { schema: '{}', schemaType: 'JSON' }),
    };
    services = new FeedServices(source, {
      TENON_SCHEMA_REGISTRY_URL: registry.url,
      TENON_SCHEMA_REGISTRY_USERNAME: 'tenon',
      TENON_SCHEMA_REGISTRY_PASSWORD: 'hidden',
    });
    services.declare(source, { kafka: { topic, encoding: 'registry' } });
    const admin = kafka.admin();
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] });
    await admin.disconnect();
    await services.start();
  });
  afterAll(async () => {
    await services?.stop();
    await producer.disconnect();
    await log.close();
    await registry?.close();
  });

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

  const rows = () => services.rows(`${source}_shops`);
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
    const first = await services.startIngestion();
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
    await services.startIngestion();
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
