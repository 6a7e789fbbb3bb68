import type { HttpRequest } from '@tenon/ports';
import { HttpProblem } from '@tenon/errors';
import { HEADERS } from '@tenon/contracts';
import type { Fixture } from '../testing/ingestion-fixture';
import { SOURCE, envelope, start } from '../testing/ingestion-fixture';
import { MemoryLog } from '../testing/memory-log';
import { DEAD, NDJSON, TOPIC, cloudEvent, event } from '../testing/orders';

type Params = Readonly<Record<string, string>>;

async function ask(
  { service }: Fixture,
  method: string,
  path: string,
  query: Params = {},
  params: Params = {},
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what an answer holds is what the specs look at
): Promise<any> {
  const route = service.routes.find((one) => one.method === method && one.path === path);
  try {
    return (await route!.handle({ query, params } as unknown as HttpRequest)).json;
  } catch (error) {
    if (error instanceof HttpProblem) return { code: error.code, status: error.status };
    throw error;
  }
}
const list = (fixture: Fixture, query: Params = {}) => ask(fixture, 'GET', '/v1/dead-letters', query);
const replay = (fixture: Fixture, query: Params = {}) =>
  ask(fixture, 'POST', '/v1/dead-letters/replay', { source: 'orders', ...query });

/** As speed writes what a product's SQL refused. */
const ofProduct = (offset: number, headers: Params = {}) => ({
  ...{ partition: 0, key: `1/${offset}`, value: '{"id":"x","data":{}}' },
  headers: {
    [HEADERS.reason]: 'revenue:refused-by-sql',
    [HEADERS.partition]: '1',
    [HEADERS.offset]: String(offset),
    [HEADERS.correlationId]: 'c-9',
    ...headers,
  },
});

it('letters are listed with reason, correlation ID and event; by product, code and time; page by page', async () => {
  const fixture = await start();
  await fixture.post({ body: event({ count: 'x' }), headers: { 'x-correlation-id': 'c-1' } });
  await fixture.post({ body: '{"customer": ', headers: { 'x-correlation-id': 'c-2' } });
  // The second one is the same refusal, after a crash.
  await fixture.log.append(DEAD, [ofProduct(7), ofProduct(7), ofProduct(8)]);
  const { letters, next } = await list(fixture);
  expect(next).toBeNull();
  expect(letters).toMatchObject([
    {
      source: 'orders',
      offset: 0,
      product: null,
      code: 'schema-violation',
      correlationId: 'c-1',
      event: event({ count: 'x' }),
    },
    { offset: 1, code: 'malformed-json', correlationId: 'c-2', event: '{"customer": ' },
    {
      offset: 2,
      product: 'revenue',
      code: 'refused-by-sql',
      position: { source: 'orders', partition: 1, offset: 7 },
    },
    { offset: 4, product: 'revenue', position: { offset: 8 } },
  ]);
  const offsets = async (query: Params) =>
    (await list(fixture, query)).letters.map((one: { offset: number }) => one.offset);
  expect(await offsets({ product: 'revenue' })).toEqual([2, 4]);
  expect(await offsets({ code: 'malformed-json', source: 'orders' })).toEqual([1]);
  expect(await offsets({ from: '2024-01-01T00:00:00Z', to: '2024-01-01T00:00:00Z' })).toEqual([]);
  const seen: number[] = [];
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const page = await list(fixture, { limit: '1', ...(cursor !== null && { cursor }) });
    seen.push(...page.letters.map((one: { offset: number }) => one.offset));
    cursor = page.next;
  }
  expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3, 4].filter((one) => seen.includes(one))));
  expect(seen).toEqual(expect.arrayContaining([0, 1, 2, 4]));
  const params = { source: 'orders', offset: '1' };
  expect(await ask(fixture, 'GET', '/v1/dead-letters/:source/:offset', {}, params)).toMatchObject({
    code: 'malformed-json',
  });
});

it.each([
  [{ cursor: 'forged' }, 400, 'bad-parameter'],
  [{ limit: '0' }, 400, 'bad-parameter'],
  [{ from: 'yesterday' }, 400, 'bad-parameter'],
  [{ source: 'nope' }, 404, 'unknown-source'],
])('%j is refused', async (query, status, code) => {
  expect(await list(await start(), query)).toEqual({ status, code });
});

it('what is mended is sent again, with its id and correlation ID, and counts once however often', async () => {
  const log = new MemoryLog();
  const before = await start({
    log,
    source: { schema: { ...(SOURCE.schema as object), required: ['customer', 'nothing'] } },
  });
  await before.post({ body: event(), headers: { 'idempotency-key': 'key-1', 'x-correlation-id': 'c-1' } });
  await before.post({ body: event({ count: 2 }), headers: { 'x-correlation-id': 'c-2' } });
  await before.post({
    type: 'application/cloudevents+json',
    body: { ...(cloudEvent() as object), id: 'own' },
  });
  await before.post({
    type: NDJSON,
    body: `${JSON.stringify(event())}\n5`,
    headers: { 'idempotency-key': 'k' },
  });
  expect(log.all(TOPIC)).toHaveLength(0);

  const fixture = await start({ log });
  const answer = await replay(fixture);
  expect(answer).toMatchObject({ replayed: 4, refused: { 'not-an-object': 1 }, inLog: 0, next: null });
  const ids = () =>
    log
      .all(TOPIC)
      .map((record) => envelope(record))
      .map(({ id }) => id)
      .sort();
  expect(ids()).toEqual(['dlq/orders/1', 'k/0', 'key-1', 'own']);
  const first = log.all(TOPIC).find((record) => envelope(record).id === 'key-1');
  expect(first?.header(HEADERS.correlationId)).toBe('c-1');
  // Settled: only what was refused again is left.
  expect((await list(fixture)).letters).toMatchObject([{ offset: 4, code: 'not-an-object' }]);
  expect(await replay(fixture)).toMatchObject({ replayed: 0, refused: { 'not-an-object': 1 } });
  expect(ids()).toHaveLength(4);
  // Another instance, or the next process, knows it too.
  expect((await list(await start({ log }))).letters).toHaveLength(1);
});

it('what stands in the log already is judged by the next version, and not sent again', async () => {
  const fixture = await start();
  await fixture.log.append(DEAD, [ofProduct(7)]);
  expect(await replay(fixture, { product: 'revenue' })).toMatchObject({ replayed: 0, inLog: 1 });
  expect(fixture.log.all(TOPIC)).toHaveLength(0);
});

it('what is dropped is not listed and not counted any more; to drop everything has to be said', async () => {
  const fixture = await start();
  await fixture.post({ body: event({ count: 'x' }) });
  await fixture.log.append(DEAD, [ofProduct(7), ofProduct(8)]);
  const counts = async (): Promise<[string, number][]> =>
    ((await fixture.service.overview!())['deadLetters'] as { reason: string; count: number }[]).map(
      ({ reason, count }) => [reason, count],
    );
  expect(new Map(await counts())).toEqual(
    new Map([
      ['revenue:refused-by-sql', 2],
      ['schema-violation', 1],
    ]),
  );
  const drop = (query: Params) =>
    ask(fixture, 'POST', '/v1/dead-letters/drop', { source: 'orders', ...query });
  expect(await drop({})).toMatchObject({ code: 'bad-parameter' });
  expect(await drop({ product: 'revenue', offsets: '2' })).toEqual({ dropped: 1, next: null });
  expect(new Map(await counts())).toEqual(
    new Map([
      ['revenue:refused-by-sql', 1],
      ['schema-violation', 1],
    ]),
  );
  expect((await list(fixture)).letters).toHaveLength(2);
});

it('what repeats a letter is settled with it', async () => {
  const fixture = await start();
  await fixture.log.append(DEAD, [ofProduct(7), ofProduct(7), ofProduct(8)]);
  const drop = (query: Params) =>
    ask(fixture, 'POST', '/v1/dead-letters/drop', { source: 'orders', ...query });
  expect(await drop({ offsets: '0' })).toEqual({ dropped: 1, next: null });
  const overview = await fixture.service.overview?.();
  expect(overview).toEqual({
    deadLetters: [{ source: 'orders', reason: 'revenue:refused-by-sql', count: 1 }],
  });
});

it('a mark of settled letters that is none settles nothing, and ends nothing', async () => {
  const fixture = await start();
  await fixture.post({ body: '{"customer": ' });
  const values = ['', '{', 'null', '{"v":1,"outcome":"dropped","at":1,"offsets":"all","counts":{}}'];
  const records = values.map((value) => ({ partition: 0, key: null, value }));
  await fixture.log.append('tenon.dlq-settled.orders', records);
  expect((await list(fixture)).letters).toHaveLength(1);
  expect(
    await ask(fixture, 'POST', '/v1/dead-letters/drop', { source: 'orders', offsets: '0' }),
  ).toMatchObject({
    dropped: 1,
  });
  expect((await list(fixture)).letters).toEqual([]);
});
