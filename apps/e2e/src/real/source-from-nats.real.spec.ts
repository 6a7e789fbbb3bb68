/**
 * A source that takes its events from a JetStream stream of others: written by another client with headers, repeats, deleted messages and
 * what is no event, under load, while the two instances of ingestion that may read it die and stand still. In the end the answers are
 * what another client reads of the stream, counted by plain code.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import { TOPICS } from '@tenon/contracts';
import type { EventLog } from '@tenon/ports';
import { eventually, uniqueName } from '@tenon/testing';
import { FeedServices, recordsOf } from './feed-services';
import { describeOnServers } from './servers';
import type { ServiceProcess } from './service-process';
import { makeOrders, shopsOf } from './shop';
import type { Order } from './shop';

/** Between two lots of a client, milliseconds: others want the machine too. */
const PACE_MS = 100;

interface Read {
  readonly origin: string;
  readonly subject: string;
  readonly text: string;
}

interface FeedState {
  readonly taken: number;
  readonly refused: number;
  readonly lag: number;
  readonly partitions: Readonly<Record<string, { readonly next: number }>>;
}

describeOnServers('A source from a JetStream stream', () => {
  const source = uniqueName('taken').replaceAll('-', '_');
  const stream = uniqueName('ORDERS');
  const root = uniqueName('orders');
  const patient = { timeoutMs: 120_000 };
  let services: FeedServices;
  let log: EventLog;
  let nats: NatsConnection;
  let sent = 0;

  beforeAll(async () => {
    services = new FeedServices(source);
    // By a subject alone: the stream that keeps it, and of that only what came by it.
    for (const [name, nats] of [
      [source, { stream }],
      [`${source}_north`, { subject: `${root}.north` }],
    ] as const) {
      services.declare(name, { nats });
      services.declareLive(name);
    }
    nats = await connect({ servers: process.env['TENON_NATS_URL'] as string });
    log = createKafkaEventLog({ brokers: (process.env['TENON_KAFKA_BROKERS'] as string).split(',') });
    await services.start();
  });
  afterAll(async () => {
    await services?.stop();
    await log?.close();
    await nats?.close();
  });

  async function publish(count: number): Promise<void> {
    const client = jetstream(nats);
    const acks = makeOrders(sent, sent + count).map((order, index) => {
      const at = sent + index;
      const carried = headers();
      carried.append('region', 'north');
      carried.append('region', 'south');
      carried.append('Correlationid', `c-${at}`);
      const text =
        at % 89 === 2 ? 'no JSON' : JSON.stringify(at % 83 === 3 ? { ...order, amount: 'much' } : order);
      return client.publish(`${root}.${at % 5 === 0 ? 'north' : 'south'}`, text, { headers: carried });
    });
    sent += count;
    await Promise.all(acks);
  }

  /** What another client reads of the stream. */
  async function readAll(): Promise<Read[]> {
    const manager = await jetstreamManager(nats);
    const { state } = await manager.streams.info(stream);
    const consumer = await jetstream(nats).consumers.get(stream, { deliver_policy: DeliverPolicy.All });
    const found: Read[] = [];
    for await (const message of await consumer.consume()) {
      found.push({
        origin: `nats:${stream}/${message.seq}`,
        subject: message.subject,
        text: message.string(),
      });
      if (message.seq >= state.last_seq) break;
    }
    return found;
  }

  const ordersOf = (read: readonly Read[]): Order[] =>
    read.flatMap(({ text }) => {
      try {
        const order = JSON.parse(text) as Order;
        return typeof order.amount === 'number' ? [order] : [];
      } catch {
        return [];
      }
    });

  /** Of all instances that are there. */
  async function feedsOf(of: ServiceProcess, name: string): Promise<readonly FeedState[]> {
    const status = (await (await fetch(`${of.url}/v1/status`)).json()) as {
      services: { name: string; sources?: { name: string; from?: FeedState }[] }[];
    };
    return status.services.flatMap(({ name: service, sources = [] }) =>
      service !== 'ingestion'
        ? []
        : sources.flatMap((one) => (one.name === name && one.from ? [one.from] : [])),
    );
  }

  const eventsIn = async () =>
    Object.values(await log.endOffsets(TOPICS.events(source))).reduce((sum, end) => sum + end, 0);

  test('is waited for, and read exactly once through kills', async () => {
    let [first, second] = [await services.startIngestion(), await services.startIngestion()];
    const ready = (await (await fetch(`${first.url}/readyz`)).json()) as { degraded: string[] };
    expect(ready.degraded.join()).toContain(`There is no JetStream stream ${stream} in NATS`);
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: stream, subjects: [`${root}.>`] });
    for (let round = 0; round < 2; round++) {
      let writing = true;
      const load = (async () => {
        while (writing) {
          await publish(100);
          await sleep(PACE_MS);
        }
      })();
      const before = await eventsIn();
      await eventually('more is taken', async () => (await eventsIn()) > before + 500, patient);
      // Whoever reads it goes: killed once, and once frozen until the other one has taken over.
      const holds = async (one: ServiceProcess) =>
        Object.keys((await ownFeed(one))?.partitions ?? {}).length > 0;
      const isFirst = await holds(first);
      const [holder, other] = isFirst ? [first, second] : [second, first];
      if (round === 0) {
        await holder.kill();
        const again = await services.startIngestion();
        if (isFirst) first = again;
        else second = again;
      } else {
        holder.freeze();
        const frozen = await eventsIn();
        await eventually('the other one takes over', async () => (await eventsIn()) > frozen + 500, patient);
        expect(Object.keys((await ownFeed(other))?.partitions ?? {})).toEqual(['0']);
        holder.thaw();
      }
      writing = false;
      await load;
    }
    await Promise.all([first.kill(), second.kill()]);
    await publish(300);
    [first, second] = [await services.startIngestion(), await services.startIngestion()];
    await eventually(
      'nothing is left',
      async () => {
        const feeds = [await feedsOf(first, source), await feedsOf(first, `${source}_north`)];
        return feeds.every((all) => {
          const held = all.filter(({ partitions }) => Object.keys(partitions).length > 0);
          return held.length === 1 && held[0]?.lag === 0 && held[0].partitions['0'] !== undefined;
        });
      },
      patient,
    );
    const read = await readAll();
    const orders = ordersOf(read);
    expect(orders.length).toBeGreaterThan(1_000);
    const north = ordersOf(read.filter(({ subject }) => subject === `${root}.north`));
    for (const [name, of] of [
      [source, orders],
      [`${source}_north`, north],
    ] as const)
      for (const product of [`${name}_shops`, `${name}_live`]) {
        await eventually(
          'all is counted',
          async () =>
            (await services.rows(product)).reduce((sum, [, count]) => sum + Number(count), 0) >= of.length,
          patient,
        );
        expect(await services.rows(product)).toEqual(shopsOf(of));
      }

    // What is no order is a dead letter, once, with its origin.
    const letters = await recordsOf(log, TOPICS.deadLetters(source));
    const refused = letters.filter((letter) => letter.header('tenon-offset') === undefined);
    const isOrder = new Set(read.filter((one) => ordersOf([one]).length > 0).map(({ origin }) => origin));
    const bad = read.map(({ origin }) => origin).filter((origin) => !isOrder.has(origin));
    // One that stood still within an append writes its letters after another has.
    expect([...new Set(refused.map((letter) => letter.header('tenon-origin')))].sort()).toEqual(bad.sort());
    expect(new Set(refused.map((letter) => letter.header('tenon-reason')))).toEqual(
      new Set(['malformed-json', 'schema-violation']),
    );
    // Correlation IDs and headers are carried over; of one that is there twice the last.
    const events = (await recordsOf(log, TOPICS.events(source))).filter((one) => one.header('tenon-origin'));
    expect(new Set(events.map((one) => one.header('region')))).toEqual(new Set(['south']));
    expect(new Set(events.map((one) => one.header('nats-subject')))).toEqual(
      new Set([`${root}.north`, `${root}.south`]),
    );
    expect(events.every((one) => /^c-\d+$/.test(one.header('correlationid') ?? ''))).toBe(true);
  });

  /** What one instance says of itself. */
  async function ownFeed(of: ServiceProcess): Promise<FeedState | undefined> {
    const metrics = await (await fetch(`${of.url}/metrics`)).text();
    const line = metrics
      .split('\n')
      .find((one) => one.startsWith('tenon_feed_position') && one.includes(`source="${source}"`));
    if (line === undefined) return undefined;
    return { taken: 0, refused: 0, lag: 0, partitions: { 0: { next: Number(line.split(' ').at(-1)) } } };
  }

  test('messages that the stream has let go are a dead letter, and a stream that is made anew is refused', async () => {
    const manager = await jetstreamManager(nats);
    await services.killIngestion();
    const { state } = await manager.streams.info(stream);
    await publish(50);
    await manager.streams.purge(stream, { seq: state.last_seq + 31 });
    const one = await services.startIngestion();
    const gone = () =>
      recordsOf(log, TOPICS.deadLetters(source)).then((all) =>
        all.filter((letter) => letter.header('tenon-reason') === 'stream-gap'),
      );
    await eventually('what is gone is said', async () => (await gone()).length > 0, patient);
    const [letter] = await gone();
    expect(letter?.header('tenon-detail')).toBe(
      `Offsets ${state.last_seq + 1} to ${state.last_seq + 30} of nats:${stream} were deleted before they were taken.`,
    );
    await eventually(
      'the rest is taken',
      async () => (await feedsOf(one, source))[0]?.partitions['0']?.next === state.last_seq + 51,
      patient,
    );
    await manager.streams.delete(stream);
    await manager.streams.add({ name: stream, subjects: [`${root}.>`] });
    await publish(10);
    const taken = async () =>
      (await recordsOf(log, TOPICS.events(source))).filter((record) => record.header('tenon-origin')).length;
    const before = await taken();
    await eventually(
      'it is refused',
      async () => {
        const { degraded = [] } = (await (await fetch(`${one.url}/readyz`)).json()) as {
          degraded?: string[];
        };
        return degraded.some((reason) => reason.includes('was deleted and made anew'));
      },
      patient,
    );
    expect(await taken()).toBe(before);
  });
});
