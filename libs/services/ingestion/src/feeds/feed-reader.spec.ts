import { HEADERS } from '@tenon/contracts';
import type { SourceDefinition, SourceFeed } from '@tenon/domain';
import { Unavailable } from '@tenon/errors';
import type { LogRecord, NewRecord, OpenFeed } from '@tenon/ports';
import { MemoryLog, storedRecord } from '@tenon/testing';
import { NO_LOGGER } from '@tenon/telemetry';
import { INGESTION_DEFAULTS } from '../config';
import { SourceRules } from '../events/source-rules';
import { DeadLetters } from '../log/dead-letters';
import { EventAppender } from '../log/event-appender';
import { SOURCE, countingIds, envelope } from '../testing/ingestion-fixture';
import { NOW } from '../testing/memory-log';
import { DEAD, TOPIC, event } from '../testing/orders';
import { FeedReader } from './feed-reader';
import { STALL_LOOK_MS } from './stalls';

const STREAM = 'shop.orders';
const FEEDS = 'tenon.feeds.orders';
const OTHER = '11111111-0000-4000-8000-000000000000';

let own: MemoryLog;
let stream: MemoryLog;
let now: number;
let readers: FeedReader[];

beforeEach(async () => {
  [own, stream, now, readers] = [new MemoryLog(), new MemoryLog(), NOW, []];
  await own.ensureTopic({ name: TOPIC, partitions: SOURCE.partitions });
  await own.ensureTopic({ name: DEAD, partitions: 1 });
  await stream.ensureTopic({ name: STREAM, partitions: 2 });
});
afterEach(() => Promise.all(readers.map((reader) => reader.stop())));

/** A reader as another process would have it. */
function start(from: Partial<SourceFeed> = {}, accepted: readonly string[] = []): FeedReader {
  // Time stands still but for those who sleep.
  const sleep = async (ms: number, signal?: AbortSignal) => {
    if (ms === STALL_LOOK_MS)
      return new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    now += ms;
    await new Promise((resolve) => setImmediate(resolve));
  };
  const clock = { now: () => now, monotonic: () => now, sleep };
  const source: SourceDefinition & { from: SourceFeed } = {
    ...SOURCE,
    from: { kind: 'kafka', stream: STREAM, format: 'json', ...from },
  };
  const openFeed: OpenFeed = () => ({ place: 'Kafka', title: `topic ${STREAM}`, log: stream });
  const desk = {
    name: 'orders',
    rules: new SourceRules(source, INGESTION_DEFAULTS, clock, countingIds()),
    appender: new EventAppender(own, clock, 'orders'),
    deadLetters: new DeadLetters(own, clock, NO_LOGGER, 'orders'),
    config: INGESTION_DEFAULTS,
  };
  const deps = { log: own, clock, ids: countingIds(), logger: NO_LOGGER, openFeed, accepted };
  const reader = new FeedReader(deps, source, desk);
  readers.push(reader);
  reader.start();
  return reader;
}

const put = (value: unknown, headers: Record<string, string> = {}, partition = 0) =>
  stream.append(STREAM, [record(value, headers, partition)]);
const record = (value: unknown, headers: Record<string, string> = {}, partition = 0): NewRecord => ({
  ...{ partition, key: 'theirs', headers, timestamp: 1_600_000_000_000 },
  value: typeof value === 'string' ? value : JSON.stringify(value),
});

/** Resolves once the condition holds; each turn lets everything run that waits for nothing but a turn. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn > 5_000) throw new Error(`it never came to be: ${readers.map((one) => one.trouble).join()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const origins = (topic: string) => own.all(topic).map((one) => one.header(HEADERS.origin));
const taken = (count: number) => until(() => own.all(TOPIC).length >= count);
/** As `kill -9` would: what it was about to do is not done. */
function die(reader: FeedReader): void {
  own.readers.clear();
  readers.splice(readers.indexOf(reader), 1);
}

test('a record becomes an event: id, correlation ID, key, time and headers', async () => {
  await put(event({ at: '2020-01-01T00:00:00Z' }), { correlationid: 'c-1', region: 'north' });
  await put(event({ customer: 'bob' }), { 'tenon-control': 'barrier' }, 1);
  start();
  await taken(2);
  const [first, second] = ['shop.orders/0/0', 'shop.orders/1/0'].map(
    (id) => own.all(TOPIC).find((one) => envelope(one).id === id) as LogRecord,
  );
  expect(first?.headers()).toMatchObject({
    correlationid: 'c-1',
    region: 'north',
    'tenon-origin': 'shop.orders/0/0',
  });
  expect([String(first?.key), envelope(first).eventtime]).toEqual(['ann', '2020-01-01T00:00:00Z']);
  // Without a time of its own, when it was recorded; and nobody makes a barrier of an event.
  expect(envelope(second).eventtime).toBe('2020-09-13T12:26:40Z');
  expect(second?.header('tenon-control')).toBeUndefined();
});

test('a CloudEvent keeps what it says of itself, in its value and in headers', async () => {
  const said = { specversion: '1.0', id: 'e-1', source: '/shop', type: 'order' };
  await put({ ...said, data: event() });
  const headers = Object.fromEntries(Object.entries(said).map(([name, value]) => [`ce_${name}`, value]));
  await put(event({ customer: 'bob' }), { ...headers, ce_id: 'e-2', ce_region: 'north' });
  start();
  await taken(2);
  expect(
    own
      .all(TOPIC)
      .map((one) => envelope(one).id)
      .sort(),
  ).toEqual(['e-1', 'e-2']);
  expect(own.all(TOPIC).map(envelope)).toContainEqual(
    expect.objectContaining({ id: 'e-2', region: 'north' }),
  );
});

test('what is no event is a dead letter with its origin, as it came', async () => {
  stream.partition(STREAM, 0).push({ ...storedRecord(record(''), 0), isNull: true });
  for (const value of ['', 'no JSON', '5', { customer: 'ann', count: 'x' }]) await put(value);
  await put(event(), { huge: 'x'.repeat(70_000) });
  const reader = start();
  await until(() => own.all(DEAD).length === 6);
  expect(own.all(DEAD).map((one) => `${one.header(HEADERS.origin)} ${one.header(HEADERS.reason)}`)).toEqual([
    'shop.orders/0/0 no-value',
    'shop.orders/0/1 empty-body',
    'shop.orders/0/2 malformed-json',
    'shop.orders/0/3 not-an-object',
    'shop.orders/0/4 schema-violation',
    'shop.orders/0/5 too-many-headers',
  ]);
  expect(reader.totals).toEqual({ taken: 0, refused: 6, repeated: 0 });
});

test('of Debezium’s changes inserts are events, with or without a schema around them', async () => {
  const change = (op: string, after: unknown) => ({ op, before: null, after, source: {}, ts_ms: 1 });
  await put(change('c', event()));
  await put({ schema: {}, payload: change('r', event({ customer: 'bob' })) });
  for (const op of ['u', 'd', 't', 'z']) await put(change(op, event()));
  await put(event());
  await put(change('c', null));
  start({ format: 'debezium' });
  await until(() => own.all(DEAD).length === 6);
  await taken(2);
  expect(own.all(TOPIC).map((one) => envelope(one).data)).toEqual(
    expect.arrayContaining([event(), event({ customer: 'bob' })]),
  );
  expect(own.all(DEAD).map((one) => one.header(HEADERS.reason))).toEqual([
    ...Array.from({ length: 4 }, () => 'not-an-insert'),
    ...Array.from({ length: 2 }, () => 'bad-change'),
  ]);
});

test.each([
  ['before the events', TOPIC, 0],
  ['after the events', FEEDS, 3],
])('a process that dies %s leaves nothing twice and nothing out', async (_, dying, notes) => {
  for (let at = 0; at < 20; at++) await put(at % 5 === 0 ? 'no JSON' : event({ count: at }), {}, at % 2);
  let seen = 0;
  let isDead = false;
  own.beforeAppend = (topic) => {
    // The first notes are made when the stream and its lanes are first met.
    if (topic === FEEDS) seen += 1;
    isDead ||= topic === dying && seen > notes;
    if (isDead) return new Promise(() => undefined);
    return undefined;
  };
  const first = start();
  await until(() => isDead || own.all(TOPIC).length === 16);
  now += 2_000;
  await put(event({ count: 100 }), {}, 0);
  await until(() => isDead);
  die(first);
  own.beforeAppend = () => undefined;
  start();
  await taken(17);
  await until(() => own.all(DEAD).length >= 4);
  expect(new Set(origins(TOPIC)).size).toBe(17);
  expect(origins(TOPIC)).toHaveLength(17);
  expect(new Set(origins(DEAD)).size).toBe(4);
  expect(origins(DEAD)).toHaveLength(4);
});

test('notes that are lost are made anew from what stands in the log', async () => {
  for (let at = 0; at < 10; at++) await put(event({ count: at }), {}, at % 2);
  const first = start();
  await taken(10);
  await first.stop();
  readers = [];
  own.topics.delete(FEEDS);
  await put(event({ count: 10 }));
  start();
  await taken(11);
  expect(origins(TOPIC)).toHaveLength(11);
});

test('a stream that is not there yet is waited for', async () => {
  const topics = [...stream.topics];
  stream.topics.clear();
  const reader = start();
  await until(() => reader.trouble !== null);
  expect(reader.trouble).toBe('There is no topic shop.orders in Kafka yet.');
  topics.forEach(([name, partitions]) => stream.topics.set(name, partitions));
  await put(event());
  await taken(1);
  expect(reader.trouble).toBeNull();
});

test('one that was made anew is refused, and read under another name once that is accepted', async () => {
  await put(event());
  const first = start();
  await taken(1);
  await first.stop();
  readers = [];
  stream.topics.set(STREAM, [[], []]);
  stream.ids.set(STREAM, OTHER);
  await put(event({ customer: 'bob' }));
  const second = start();
  await until(() => second.trouble !== null);
  expect(second.trouble).toContain('was deleted and made anew');
  expect(own.all(TOPIC)).toHaveLength(1);
  await second.stop();
  readers = [];
  start({}, [OTHER]);
  await taken(2);
  expect(
    own
      .all(TOPIC)
      .map((one) => envelope(one).id)
      .sort(),
  ).toEqual(['shop.orders/0/0', 'shop.orders@11111111/0/0']);
});

test('one that is made anew while it is read gives nothing more', async () => {
  await put(event());
  const reader = start();
  await taken(1);
  stream.ids.set(STREAM, OTHER);
  now += 5_000;
  await put(event({ count: 2 }));
  await until(() => reader.trouble !== null);
  expect(own.all(TOPIC)).toHaveLength(1);
});

test('records that were deleted before they were taken are told of', async () => {
  await put(event());
  const first = start();
  await taken(1);
  await first.stop();
  readers = [];
  for (let at = 1; at < 6; at++) await put(event({ count: at }));
  stream.lose(STREAM, 0, 4);
  start();
  await taken(3);
  await until(() => own.all(DEAD).length === 1);
  const [letter] = own.all(DEAD);
  expect([letter?.header(HEADERS.reason), letter?.header(HEADERS.detail)]).toEqual([
    'stream-gap',
    'Offsets 1 to 3 of shop.orders were deleted before they were taken.',
  ]);
});

test('with the log away nothing is passed', async () => {
  const reader = start();
  let tries = 0;
  own.beforeAppend = (topic) => {
    if (topic === TOPIC && ++tries < 4) throw new Unavailable('The log is away.');
  };
  await put(event());
  await put(event({ count: 2 }));
  await taken(2);
  expect([tries >= 4, origins(TOPIC)]).toEqual([true, ['shop.orders/0/0', 'shop.orders/0/1']]);
  await until(() => reader.trouble === null);
});
