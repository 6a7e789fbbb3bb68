/** What the services write, message by message, in a play that makes each of them write everything that it can. */
import type { SliceFrame } from '@tenon/contracts';
import {
  FrameWriter,
  HEADERS,
  STORE_KEYS,
  SUBJECTS,
  TOPICS,
  generationsRequest,
  isStretchesKey,
  isTroublesKey,
} from '@tenon/contracts';
import { EMPTY_LEDGER } from '@tenon/domain';
import type { LogRecord, RunningService } from '@tenon/ports';
import { registerCatalog } from '@tenon/runtime';
import { foldStretches } from '@tenon/service-consumption';
import { createIngestion } from '@tenon/service-ingestion';
import { MemoryLog, MemoryStore, eventually } from '@tenon/testing';
import { layoutOf, lossBook, topicBook, troubleBook } from '@tenon/views';
import type { Golden, GoldenSet } from './golden';
import { RecordedBus } from './recorded-bus';
import { PRODUCT, PRODUCT_ID, SOURCE, Scene, answerOf, ask, countingIds, stillClock } from './scene';
import { changed, typeOf } from './states';

const EVENTS = TOPICS.events(SOURCE.name);
const FLUSHES = TOPICS.flushes(PRODUCT_ID);
const RANGES = TOPICS.ranges(PRODUCT_ID);

/** CloudEvents with everything that an event may have. */
const whole = (id: string, price: number) => ({
  type: 'application/cloudevents+json',
  body: {
    specversion: '1.0',
    id,
    source: '/shop/7',
    type: 'order.placed',
    subject: 'ann',
    time: '2023-12-31T22:15:00.5+01:00',
    datacontenttype: 'application/json',
    correlationid: 'corr-1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    data: { customer: 'ann', price, at: '2023-12-31T22:15:00.25Z', weight: 0.1 },
  },
});

/** Ids chosen by the client, so that what follows from them is the same however many ids a service makes. */
const correlated = (id: string) => ({
  headers: { 'x-correlation-id': id, 'idempotency-key': `key-of-${id}` },
});

export async function writeAll(): Promise<GoldenSet> {
  const scene = await Scene.open();
  try {
    const ingestion = await scene.start('ingestion');
    const receipt = await ingest(scene, ingestion);
    await compute(scene, 'speed', FLUSHES, (records) => records.length === 2);
    await compute(scene, 'batch', RANGES, (records) =>
      records.some(({ value }) => typeOf(value) === 'commit'),
    );
    await registerCatalog(
      scene.store,
      { sources: [SOURCE], plans: [scene.plan] },
      { auto: true, asked: false, mayGoBack: true, now: 0, graceMs: 0 },
      async ({ plan }) => plan,
    );
    await land(scene);
    await reportTrouble(scene);
    // Over the bus, as services without a cutter ask for one.
    await scene.bus.request(SUBJECTS.run, { v: 1 }, { timeoutMs: 5000, max: 1 });
    const found = [...(await logged(scene)), ...sent(scene), ...(await stored(scene))];
    return sorted([...found, ...(await stretched(scene)), ...(await fed(scene)), ['receipt', receipt]]);
  } finally {
    await scene.close();
  }
}

async function ingest(scene: Scene, ingestion: RunningService): Promise<Golden> {
  await ask(ingestion, 'GET', '/v1/sources');
  const plain = { customer: 'bob', price: 3.1, weight: 0.2 };
  const first = await scene.post(ingestion, { ...correlated('corr-2'), body: plain });
  await scene.post(ingestion, whole('order-1', 12.5));
  await scene.post(ingestion, whole('order-1', 99)); // the same id with other data: a dead letter, of speed
  await scene
    .post(ingestion, { ...correlated('corr-3'), body: { customer: 'cid', price: 'dear' } })
    .catch(() => undefined);
  await scene.post(ingestion, {
    ...correlated('corr-4'),
    body: { customer: 'Zoë', price: 1, at: '2023-12-31T23:59:59Z' },
  });
  await ask(ingestion, 'POST', '/v1/cuts');
  const query = { source: SOURCE.name, offsets: '0' };
  await ask(ingestion, 'POST', '/v1/dead-letters/drop', { query });
  await scene.post(ingestion, { ...correlated('corr-5'), body: { customer: 'bob', price: 7 } });
  const { receipt } = answerOf(first) as { receipt: string };
  return { http: 'receipt', value: receipt };
}

/** Runs a layer until it has written what it has to. */
async function compute(
  scene: Scene,
  name: 'speed' | 'batch',
  topic: string,
  isDone: (records: readonly LogRecord[]) => boolean,
) {
  const service = await scene.start(name);
  await eventually(`states of ${name}`, async () => isDone(await scene.records(topic)));
  await scene.stop(service);
}

async function land(scene: Scene): Promise<void> {
  // As where edition 2 has run: speed of it is asked for replays too.
  await scene.log.ensureTopic({ name: TOPICS.statesOfEdition2(PRODUCT), partitions: 1 });
  const consumption = await scene.start('consumption');
  await eventually('a generation', () => hasSent(scene, SUBJECTS.generation(PRODUCT_ID)));
  await scene.bus.request(SUBJECTS.generations, generationsRequest(), { timeoutMs: 1000 });
  await leaveRange(scene);
  await askForReplay(scene, consumption);
}

const hasSent = (scene: Scene, wanted: string) => scene.bus.sent.some(({ subject }) => subject === wanted);

/** A slice, of no cells, whose range never ends: what has landed of it is accounted for. */
async function leaveRange(scene: Scene): Promise<void> {
  const writer = new FrameWriter<SliceFrame>({
    ...{
      type: 'slice',
      product: PRODUCT_ID,
      hash: scene.plan.hash,
      id: 'batch-9/1',
      range: 'batch-9',
      slice: 1,
    },
    ...{ full: false, line: 0, from: 1, to: 2 },
  });
  await scene.append(RANGES, [{ partition: 0, key: null, value: writer.finish({}) }]);
  await eventually('an account', async () =>
    (await scene.documents()).some(({ key }) => key.startsWith('range/')),
  );
}

/** A flush goes missing: the next one does not join on. */
async function askForReplay(scene: Scene, consumption: RunningService): Promise<void> {
  const flush = (await scene.records(FLUSHES))[1] as LogRecord;
  const value = changed(flush.value, { from: 90, to: 91 });
  await scene.append(FLUSHES, [{ partition: 0, key: 'orders/0', value, headers: flush.headers() }]);
  await eventually('a replay', () => hasSent(scene, SUBJECTS.replay(PRODUCT_ID)));
  await scene.stop(consumption);
}

/** As a layer does that has isolated a product. */
async function reportTrouble({ store }: Scene): Promise<void> {
  const lane = { source: SOURCE.name, partition: 0, from: 2, to: 5 };
  const trouble = { layer: 'speed', code: 'log-hole', reason: 'Records are gone.', ...lane } as const;
  await troubleBook(store, stillClock).report(PRODUCT_ID, trouble);
  const loss = { partition: 0, from: 2, to: 5, at: 1704067200000, by: 'ann', reason: 'disk 4' };
  await lossBook(store).accept(SOURCE.name, loss);
  await topicBook(store).note(TOPICS.events(SOURCE.name), '6f3a1f0e-0000-4000-8000-000000000000');
}

/** What consumption says that it has folded together while batch is away: eight epochs, in a store of their own. */
async function stretched({ plan }: Scene): Promise<Named[]> {
  const store = new MemoryStore();
  for (let epoch = 0; epoch < 8; epoch++) {
    const place = { start: epoch, next: epoch + 1, closed: true, nextEpoch: epoch + 1 };
    const document = { v: 1, ...place, ledger: EMPTY_LEDGER, watermark: null, closedAt: 1704067200000 };
    await store.put('meta', STORE_KEYS.progress(PRODUCT_ID, epoch, 0), document);
  }
  const deps = { store, clock: stillClock, config: { foldCells: 1 } };
  await foldStretches(deps, layoutOf(plan, [SOURCE]), () => true, new AbortController().signal);
  const key = STORE_KEYS.stretches(PRODUCT_ID);
  return [['stretches', { table: 'meta', key, value: JSON.stringify(store.get('meta', key)) }]];
}

/** What ingestion notes of a stream that others write: that it is known, where a partition begins, and how far it was taken. */
async function fed({ logger }: Scene): Promise<Named[]> {
  const [log, stream] = [new MemoryLog(), new MemoryLog()];
  await stream.ensureTopic({ name: 'shop.orders', partitions: 1 });
  await stream.append('shop.orders', [{ partition: 0, key: null, value: '{"customer":"ann","price":1}' }]);
  const from = { kind: 'kafka', stream: 'shop.orders', format: 'json' } as const;
  const ingestion = await createIngestion({
    ...{ log, bus: new RecordedBus(), logger, clock: stillClock, ids: countingIds('fed'), products: [] },
    sources: [{ ...SOURCE, from }],
    openFeed: () => ({ place: 'Kafka', title: 'topic shop.orders', log: stream }),
    config: { cutEveryMs: null },
  });
  const topic = TOPICS.feedPositions(SOURCE.name);
  await eventually('it is noted', async () => (log.topics.get(topic)?.[0]?.length ?? 0) >= 3);
  await ingestion.stop();
  return log.all(topic).map((record) => ['feed-positions', goldenOf(topic, record)]);
}

type Named = readonly [name: string, golden: Golden];

const LOGGED: Readonly<Record<string, (record: LogRecord) => string | null>> = {
  [EVENTS]: (record) => record.header(HEADERS.control) ?? 'event',
  [TOPICS.deadLetters(SOURCE.name)]: (record) =>
    record.header('tenon-offset') ? 'dead-letter-of-speed' : 'dead-letter',
  [TOPICS.settledLetters(SOURCE.name)]: () => 'settled-letters',
  [FLUSHES]: ({ value }) => (textOf(value).includes('"from":90') ? null : 'flush'),
  [RANGES]: ({ value }) => (textOf(value).includes('batch-9') ? null : typeOf(value)),
  [TOPICS.cuts]: () => 'cut',
  [TOPICS.identity]: () => 'identity',
};

async function logged(scene: Scene): Promise<Named[]> {
  const all: Named[] = [];
  for (const [topic, nameOf] of Object.entries(LOGGED))
    for (const record of await scene.records(topic)) {
      const name = nameOf(record);
      if (name !== null) all.push([name, goldenOf(topic, record)]);
    }
  return all;
}

const goldenOf = (topic: string, record: LogRecord): Golden => ({
  topic,
  key: record.key === null ? null : textOf(record.key),
  headers: record.headers(),
  value: textOf(record.value),
});

/** Messages of the bus by their subject, each form once. */
function sent(scene: Scene): Named[] {
  const known = new Set<string>();
  // Loops run side by side: which of them says something first is chance.
  const all = [...scene.bus.sent].sort((a, b) =>
    JSON.stringify(a.payload) < JSON.stringify(b.payload) ? -1 : 1,
  );
  return all.flatMap(({ kind, subject, headers, payload }) => {
    const value = JSON.stringify(payload);
    if (known.has(`${kind} ${subject} ${value}`)) return [];
    known.add(`${kind} ${subject} ${value}`);
    const [, second = ''] = subject.split('.');
    const name =
      subject === SUBJECTS.replayOfEdition2(PRODUCT) ? REPLAY_OF_EDITION_2 : (NAMES[second] ?? second);
    const golden: Golden = { subject, kind, headers, value };
    if (name === REPLAY_OF_EDITION_2) return [[name, golden] as const];
    return [[kind === 'message' ? `${name}-hint` : `${name}-${kind}`, golden] as const];
  });
}

const REPLAY_OF_EDITION_2 = 'replay-hint-of-edition-2';
const NAMES: Readonly<Record<string, string>> = { run: 'cut' };

async function stored(scene: Scene): Promise<Named[]> {
  return (await scene.documents()).flatMap(({ table, key, value }) => {
    const kind = key.split('/')[0] as string;
    const name = table === 'meta' ? nameOfDocument(key, kind) : `${table}-cell`;
    const text = withoutPrints(JSON.stringify(value));
    return name === 'plan' ? [] : [[name, { table, key, value: text }] as const];
  });
}

const nameOfDocument = (key: string, kind: string) =>
  isTroublesKey(key) ? 'troubles' : isStretchesKey(key) ? 'stretches' : (DOCUMENTS[kind] ?? kind);

/** What a file of the archive looks like inside is the engine's matter, and the time at which it was written. */
const withoutPrints = (text: string) =>
  text
    .replace(/"digest":"[0-9a-f]{32}"/g, `"digest":"${'0'.repeat(32)}"`)
    .replace(/"bytes":\d+/g, '"bytes":1');

const DOCUMENTS: Readonly<Record<string, string>> = { range: 'range-account' };

function sorted(all: readonly Named[]): GoldenSet {
  const names = [...new Set(all.map(([name]) => name))].sort();
  const set = names.map((name) => [name, all.flatMap((one) => (one[0] === name ? [one[1]] : []))]);
  const numberedSet = JSON.parse(numbered(JSON.stringify(Object.fromEntries(set)))) as GoldenSet;
  return Object.fromEntries(
    Object.entries(numberedSet).map(([name, goldens]) => [name, goldens.map(checked)]),
  );
}

/** With other ids in it, a states message has another checksum. */
const checked = (golden: Golden): Golden =>
  golden.value.startsWith('T3 ') ? { ...golden, value: changed(golden.value, {}) } : golden;

/** Ids made by services, counted as they appear: how many a service makes for itself is not the wire's matter. */
function numbered(text: string): string {
  const seen = new Map<string, Map<string, number>>();
  return text.replace(/\b(ingestion|speed|batch|consumption|serving)-(\d+)\b/g, (id, service: string) => {
    const known = seen.get(service) ?? new Map<string, number>();
    seen.set(service, known);
    if (!known.has(id)) known.set(id, known.size + 1);
    return `${service}-${known.get(id)}`;
  });
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
