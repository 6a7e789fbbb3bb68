import { decodeReceipt } from '@tenon/contracts';
import { Unavailable } from '@tenon/errors';
import type { LogRecord } from '@tenon/ports';
import type { Fixture, Post } from './ingestion-fixture';
import { MemoryLog, NOW, envelope, start } from './ingestion-fixture';

const TOPIC = 'tenon.events.orders';
const DEAD = 'tenon.dlq.orders';
const event = (fields: object = {}) => ({ customer: 'ann', count: 1, ...fields });
const cloudEvent = (attributes: object = {}, data: unknown = event()) => ({
  specversion: '1.0',
  id: 'e-1',
  source: '/shop',
  type: 'order',
  data,
  ...attributes,
});
const CE = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const NDJSON = 'application/x-ndjson';

/** An identifier from the port. */
const MADE: unknown = expect.stringMatching(/^id-\d+$/);

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The one record of all partitions. */
const only = ({ log }: Fixture) => {
  const records = log.all(TOPIC);
  expect(records).toHaveLength(1);
  return records[0];
};

const idOf = (record: LogRecord) => envelope(record).id;
const originOf = (record: LogRecord) => envelope(record).source;

describe('one event as plain data', () => {
  it('is in the log as its receipt says, with its envelope and headers', async () => {
    const fixture = await start();
    const answer = await fixture.post({ body: event({ at: '2001-01-01T02:00:00+02:00' }) });
    expect(answer.status).toBe(202);
    const { accepted, rejected, receipt, correlationId, position } = answer.body;
    expect({ accepted, rejected, correlationId }).toEqual({
      accepted: 1,
      rejected: 0,
      correlationId: 'made-1',
    });
    expect(decodeReceipt(receipt)).toEqual({ orders: { [position.partition]: 1 } });
    const record = fixture.log.partition(TOPIC, position.partition)[position.offset];
    expect(envelope(record)).toEqual({
      specversion: '1.0',
      id: 'made-1',
      source: '/orders',
      type: 'orders',
      correlationid: 'made-1',
      eventtime: '2001-01-01T00:00:00Z',
      data: event({ at: '2001-01-01T02:00:00+02:00' }),
    });
    expect(Buffer.from(record?.key ?? []).toString()).toBe('ann');
    expect(record?.headers()).toEqual({
      'tenon-v': '1',
      'tenon-identity': expect.stringMatching(/^[0-9a-f]{32}$/),
      correlationid: 'made-1',
    });
  });

  it('keeps the correlation ID and the trace of its client, and a bad trace is no reason to refuse it', async () => {
    const fixture = await start();
    const headers = { 'x-correlation-id': 'order "7"', traceparent: TRACEPARENT };
    await fixture.post({ body: event(), headers });
    const first = only(fixture);
    expect(envelope(first)).toMatchObject({
      correlationid: 'order "7"',
      traceparent: TRACEPARENT,
      id: MADE,
    });
    expect(first?.header('correlationid')).toBe('order "7"');
    expect(first?.header('traceparent')).toBe(TRACEPARENT);
    expect((await fixture.post({ body: event(), headers: { traceparent: '00-zz' } })).status).toBe(202);
  });

  it('takes its id from Idempotency-Key, in quotes or not', async () => {
    const fixture = await start();
    await fixture.post({ body: event(), headers: { 'idempotency-key': 'key-1' } });
    await fixture.post({ body: event(), headers: { 'idempotency-key': '"key-1"' } });
    expect(fixture.log.all(TOPIC).map((record) => idOf(record))).toEqual(['key-1', 'key-1']);
    const bad = await fixture.post({ body: event(), headers: { 'idempotency-key': '' } });
    expect([bad.status, bad.body.code]).toEqual([400, 'bad-idempotency-key']);
  });

  it('is written in one line, whatever its layout', async () => {
    const fixture = await start();
    await fixture.post({ body: JSON.stringify(event(), null, 2) });
    expect(Buffer.from(only(fixture)?.value ?? []).includes('\n')).toBe(false);
  });

  it.each([
    ['a moment with an offset', '2001-01-01T01:30:00.5+01:00', '2001-01-01T00:30:00.500000Z'],
    ['one without, which is UTC', '2001-01-01 00:30:00', '2001-01-01T00:30:00Z'],
  ])('has the event time that its field says: %s', async (_what, at, eventtime) => {
    const fixture = await start();
    await fixture.post({ body: event({ at }) });
    expect(envelope(only(fixture))).toMatchObject({ eventtime, data: { at } });
  });

  it.each([
    ['a date', '2001-02-03', '2001-02-03T00:00:00Z'],
    ['seconds', 981_158_400, '2001-02-03T00:00:00Z'],
    ['seconds with a fraction', 981_158_400.25, '2001-02-03T00:00:00.250000Z'],
    ['milliseconds', 981_158_400_250, '2001-02-03T00:00:00.250000Z'],
    ['null: the clock', null, '2024-01-01T00:00:00Z'],
  ])('has the event time of a field of another kind: %s', async (_what, extra, eventtime) => {
    const fixture = await start({ source: { time: 'extra' } });
    await fixture.post({ body: event({ extra }) });
    expect(envelope(only(fixture))).toMatchObject({ eventtime });
  });

  it('goes by its key to a partition; without one by its id', async () => {
    const keyed = await start();
    for (let index = 0; index < 5; index += 1) await keyed.post({ body: event({ count: index }) });
    expect(keyed.log.topics.get(TOPIC)?.filter((records) => records.length > 0)).toHaveLength(1);
    const free = await start({ source: { key: [] } });
    for (let index = 0; index < 30; index += 1)
      await free.post({ body: event(), headers: { 'idempotency-key': `k${index}` } });
    expect(free.log.topics.get(TOPIC)?.every((records) => records.length > 0)).toBe(true);
  });
});

describe('a CloudEvent', () => {
  const structured = (attributes: object = {}, data?: unknown): Post => ({
    type: CE,
    body: cloudEvent(attributes, data),
  });

  it('keeps its attributes, its extensions and its correlation ID, which the answer then carries', async () => {
    const fixture = await start();
    const attributes = {
      time: '2002-01-01T00:00:00Z',
      subject: 's',
      tenant: 'a',
      priority: 3,
      correlationid: 'c-9',
      traceparent: TRACEPARENT,
    };
    const answer = await fixture.post(structured({ ...attributes, eventtime: 'mine', nothing: null }));
    expect(answer.headers).toMatchObject({ 'x-correlation-id': 'c-9' });
    expect(answer.body.correlationId).toBe('c-9');
    const { eventtime, ...others } = envelope(only(fixture));
    expect(others).toEqual(cloudEvent(attributes));
    expect(eventtime).toBe('2002-01-01T00:00:00Z');
  });

  it('has the time of its data before the time of the envelope', async () => {
    const fixture = await start();
    const time = '2002-01-01T00:00:00Z';
    await fixture.post(structured({ time }, event({ at: '2003-01-01T00:00:00Z' })));
    expect(envelope(only(fixture)).eventtime).toBe('2003-01-01T00:00:00Z');
  });

  it('can hold its data as base64', async () => {
    const fixture = await start();
    const data_base64 = Buffer.from(JSON.stringify(event())).toString('base64');
    expect((await fixture.post(structured({ data: undefined, data_base64 }))).status).toBe(202);
    expect(envelope(only(fixture)).data).toEqual(event());
  });

  it.each([
    ['no id', { id: undefined }, '/id'],
    ['an empty source', { source: '' }, '/source'],
    ['a type that is no text', { type: 5 }, '/type'],
    ['another version', { specversion: '0.3' }, '/specversion'],
    ['a bad time', { time: 'yesterday' }, '/time'],
    ['a correlation ID that fits no header', { correlationid: 'ä' }, '/correlationid'],
    ['data that is not JSON', { datacontenttype: 'text/plain' }, '/datacontenttype'],
    ['a bad name', { 'Bad-Name': 'x' }, '/Bad-Name'],
    ['an object as extension', { ext: {} }, '/ext'],
    ['a control character', { subject: 'a\nb' }, '/subject'],
    ['no data', { data: undefined }, '/data'],
    ['data of another shape', { data: { count: 'x' } }, '/data/customer'],
    ['both kinds of data', { data_base64: 'e30=' }, '/data'],
    ['bad base64', { data: undefined, data_base64: '%' }, '/data_base64'],
  ])('is refused with 422 and a pointer for %s', async (_what, attributes, pointer) => {
    const fixture = await start();
    const answer = await fixture.post(structured(attributes));
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    expect(fixture.log.all(TOPIC)).toEqual([]);
  });

  it('in binary mode has its attributes in percent-encoded headers', async () => {
    const fixture = await start();
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'caf%C3%A9',
      'ce-source': '/shop',
      'ce-type': '"or\\"der"',
      'ce-tenant': 'a%20b',
    };
    const answer = await fixture.post({ body: event(), headers });
    expect(answer.status).toBe(202);
    expect(envelope(only(fixture))).toMatchObject({
      id: 'café',
      type: 'or"der',
      tenant: 'a b',
      data: event(),
    });
  });

  it.each([
    ['a bad percent-encoding', { 'ce-id': '%E0%A4%A' }],
    ['bytes beyond ASCII', { 'ce-id': 'caf\u00e9' }],
    ['ce-datacontenttype', { 'ce-datacontenttype': 'application/json' }],
    ['no id', { 'ce-id': '' }],
    ['another version', { 'ce-specversion': '2.0' }],
  ])('in binary mode is refused with 400 for %s', async (_what, wrong) => {
    const fixture = await start();
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/shop',
      'ce-type': 'order',
      ...wrong,
    };
    const answer = await fixture.post({ body: event(), headers });
    expect([answer.status, answer.body.code]).toEqual([400, 'bad-cloudevent']);
  });

  it('in binary mode is not made of half its attributes', async () => {
    const fixture = await start();
    expect((await fixture.post({ body: event(), headers: { 'ce-tenant': 'a' } })).status).toBe(400);
  });
});

describe('a batch', () => {
  it('answers per item, and takes what is good', async () => {
    const fixture = await start();
    const answer = await fixture.post({
      body: [event(), 5, event({ count: 'x' }), event({ customer: 'bob' })],
    });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ accepted: 2, rejected: 2 });
    expect(answer.body.items).toEqual([
      { index: 1, code: 'not-an-object', detail: expect.any(String) },
      { index: 2, code: 'schema-violation', pointer: '/count', detail: expect.any(String) },
    ]);
    const offsets = Object.values(decodeReceipt(answer.body.receipt)?.['orders'] ?? {});
    expect(offsets.reduce((sum, next) => sum + next, 0)).toBe(2);
  });

  it('may be rejected as a whole, item by item', async () => {
    const fixture = await start();
    const answer = await fixture.post({ body: [5, null] });
    expect(answer).toMatchObject({ status: 202, body: { accepted: 0, rejected: 2 } });
    expect(decodeReceipt(answer.body.receipt)).toEqual({ orders: {} });
  });

  it.each([
    [BATCH, [], 202],
    ['application/json', [], 202],
    [NDJSON, '', 202],
    [BATCH, cloudEvent(), 400],
    [CE, [cloudEvent()], 400],
  ])('of type %s holding %j is answered', async (type, body, status) => {
    const fixture = await start();
    const answer = await fixture.post({ type, body });
    expect(answer.status).toBe(status);
    if (status === 202) expect(answer.body).toMatchObject({ accepted: 0, rejected: 0 });
  });

  it('lists all items when asked', async () => {
    const fixture = await start();
    const answer = await fixture.post({ body: [event(), event()], query: { items: 'all' } });
    expect(answer.body.items).toEqual([
      {
        index: 0,
        code: 'accepted',
        correlationId: MADE,
        position: { source: 'orders', partition: expect.any(Number), offset: 0 },
      },
      {
        index: 1,
        code: 'accepted',
        correlationId: MADE,
        position: { source: 'orders', partition: expect.any(Number), offset: 1 },
      },
    ]);
  });

  it('shares the correlation ID of its client; else each event has its own', async () => {
    const fixture = await start();
    const body = [event(), cloudEvent({ correlationid: 'own' }), event()];
    await fixture.post({
      type: NDJSON,
      body: body.map((one) => `${JSON.stringify(one)}\n`),
      headers: { 'x-correlation-id': 'given' },
    });
    expect(fixture.log.all(TOPIC).map((record) => record.header('correlationid'))).toEqual([
      'given',
      'own',
      'given',
    ]);
    const other = await start();
    await other.post({ body: [event(), event()] });
    const made = other.log.all(TOPIC).map((record) => record.header('correlationid'));
    expect(made).toEqual([MADE, MADE]);
    expect(new Set(made).size).toBe(2);
  });

  it('repeated under one Idempotency-Key has the same ids again', async () => {
    const fixture = await start();
    for (let round = 0; round < 2; round += 1)
      await fixture.post({ body: [event(), event()], headers: { 'idempotency-key': 'b' } });
    expect(fixture.log.all(TOPIC).map((record) => idOf(record))).toEqual(['b/0', 'b/1', 'b/0', 'b/1']);
  });

  it('that contradicts itself is refused with 422, and nothing of it is taken', async () => {
    const fixture = await start();
    const answer = await fixture.post({
      type: BATCH,
      body: [cloudEvent(), cloudEvent({}, event({ count: 2 }))],
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'id-conflict']);
    expect(answer.body.items).toMatchObject([{ index: 1, code: 'id-conflict' }]);
    expect(fixture.log.all(TOPIC)).toEqual([]);
  });

  it('may repeat an event: both go in, with one digest', async () => {
    const fixture = await start();
    const answer = await fixture.post({ type: BATCH, body: [cloudEvent(), cloudEvent()] });
    expect(answer.body).toMatchObject({ accepted: 2, rejected: 0 });
    const digests = fixture.log.all(TOPIC).map((record) => record.header('tenon-identity'));
    expect(new Set(digests).size).toBe(1);
  });

  it('over the limit is refused with 413', async () => {
    const fixture = await start({ config: { maxBatchItems: 2 } });
    expect(await fixture.post({ body: [1, 2, 3] })).toMatchObject({
      status: 413,
      body: { code: 'too-many-items' },
    });
  });
});

describe('NDJSON', () => {
  const lines = (...values: unknown[]) =>
    values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('');

  it('takes data and CloudEvents line by line, and skips blank lines', async () => {
    const fixture = await start();
    const body = lines(event(), '', cloudEvent(), '  \r', 'nonsense', event()).trimEnd();
    const answer = await fixture.post({ type: NDJSON, body });
    expect(answer.body).toMatchObject({
      accepted: 3,
      rejected: 1,
      items: [{ index: 2, code: 'malformed-json' }],
    });
    expect(fixture.log.all(TOPIC).map((record) => originOf(record))).toEqual(['/orders', '/shop', '/orders']);
  });

  it('reads the same from any division into chunks', async () => {
    const text = lines(event({ customer: 'Zoë 😀' }), event({ count: 2 }), 'x', event({ count: 3 }));
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size += 13) {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const fixture = await start();
      expect((await fixture.post({ type: NDJSON, body: chunks })).body).toMatchObject({
        accepted: 3,
        rejected: 1,
      });
      expect(
        fixture.log
          .all(TOPIC)
          .map((record) => (envelope(record).data as { count: number }).count)
          .sort(),
      ).toEqual([1, 2, 3]);
    }
  });

  it('rejects a line that is no UTF-8 or too long, and none of its neighbours', async () => {
    const fixture = await start({ config: { maxEventBytes: 400 } });
    const long = `{"customer":"${'x'.repeat(900)}"}\n`;
    const body = [
      lines(event()),
      Buffer.from([0xff, 0x0a]),
      lines(event()),
      long.slice(0, 500),
      long.slice(500),
      lines(event()),
    ];
    const answer = await fixture.post({ type: NDJSON, body });
    expect(answer.body).toMatchObject({ accepted: 3, rejected: 2 });
    expect(answer.body.items).toMatchObject([
      { index: 1, code: 'malformed-utf8' },
      { index: 3, code: 'event-too-large' },
    ]);
  });

  it('is appended in pieces, some of them at a time, and says what is in when the log fails', async () => {
    const fixture = await start({ config: { chunkEvents: 2, chunksInFlight: 2 } });
    let pieces = 0;
    fixture.log.beforeAppend = (topic, records) => {
      if (topic !== TOPIC) return;
      expect(records.length).toBeLessThanOrEqual(2);
      pieces += 1;
      if (pieces > 3) throw new Unavailable('The log is down.');
    };
    const body = Array.from({ length: 12 }, (_, index) => lines(event({ count: index })));
    const answer = await fixture.post({ type: NDJSON, body });
    expect(answer.status).toBe(503);
    expect(answer.headers).toEqual({ 'retry-after': '1' });
    expect(answer.body.accepted).toBe(fixture.log.all(TOPIC).length);
    expect(Object.values(decodeReceipt(answer.body.receipt)?.['orders'] ?? {})).toEqual([
      answer.body.accepted,
    ]);
  });

  it('is appended as it trickles in', async () => {
    const fixture = await start();
    const route = fixture.service.routes[0];
    let go: () => void = () => undefined;
    const more = new Promise<void>((resolve) => (go = resolve));
    const done = route?.handle({
      method: 'POST',
      path: '',
      params: { source: 'orders' },
      query: {},
      headers: { 'content-type': NDJSON },
      body: (async function* () {
        yield Buffer.from(lines(event()));
        await more;
        yield Buffer.from('{"cut off');
        throw new Error('the connection is gone');
      })(),
      readBody: () => Promise.reject(new Error('not here')),
      correlationId: 'c',
      signal: new AbortController().signal,
    });
    while (fixture.log.all(TOPIC).length === 0) await Promise.resolve();
    go();
    await expect(done).rejects.toThrow('gone');
    expect(fixture.log.all(TOPIC)).toHaveLength(1);
    expect(fixture.log.all(DEAD)).toHaveLength(0);
  });

  it('lists no more items than the limit, and says how many it left out', async () => {
    const fixture = await start({ config: { maxAnswerItems: 2 } });
    const answer = await fixture.post({ type: NDJSON, body: 'x\n'.repeat(5) });
    expect(answer.body).toMatchObject({ rejected: 5, itemsOmitted: 3 });
    expect(answer.body.items).toHaveLength(2);
  });

  it('rejects a line that contradicts an earlier one', async () => {
    const fixture = await start();
    const answer = await fixture.post({
      type: NDJSON,
      body: lines(cloudEvent(), cloudEvent({}, event({ count: 9 }))),
    });
    expect(answer.body).toMatchObject({
      accepted: 1,
      rejected: 1,
      items: [{ index: 1, code: 'id-conflict' }],
    });
  });
});

describe('a dead letter', () => {
  it('is the bytes as they came, with the reason and the correlation ID', async () => {
    const fixture = await start();
    const answer = await fixture.post({ body: '{"customer": ', headers: { 'x-correlation-id': 'c-1' } });
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed-json']);
    const [letter] = fixture.log.all(DEAD);
    expect(Buffer.from(letter?.value ?? []).toString()).toBe('{"customer": ');
    expect(letter?.headers()).toMatchObject({
      'tenon-reason': 'malformed-json',
      correlationid: 'c-1',
      'content-type': 'application/json',
    });
  });

  it('that can not be written does not change the answer', async () => {
    const fixture = await start();
    fixture.log.beforeAppend = () => {
      throw new Unavailable('The log is down.');
    };
    expect((await fixture.post({ body: event({ count: 'x' }) })).status).toBe(422);
    expect(fixture.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'dead letters lost' }),
    );
  });
});

describe('when the log is down', () => {
  it('no receipt is given, and the service is not ready for a while', async () => {
    const fixture = await start();
    fixture.log.beforeAppend = () => {
      throw new Unavailable('The log is down.');
    };
    await expect(fixture.post({ body: event() })).rejects.toThrow(Unavailable);
    await expect(fixture.post({ body: [event()] })).rejects.toThrow(Unavailable);
    expect(fixture.service.ready()).toMatchObject({ ok: false });
    await fixture.clock.advance(10_000);
    expect(fixture.service.ready()).toEqual({ ok: true });
  });
});

describe('times', () => {
  it('far in the future are refused, and very late ones taken and counted', async () => {
    const fixture = await start({ config: { maxFutureMs: 60_000, lateAfterMs: 60_000 } });
    const at = (ms: number) => event({ at: new Date(ms).toISOString() });
    expect(await fixture.post({ body: at(NOW + 61_000) })).toMatchObject({
      status: 422,
      body: { code: 'time-in-future', pointer: '/at' },
    });
    expect((await fixture.post({ body: at(NOW + 59_000) })).status).toBe(202);
    expect((await fixture.post({ body: event({ at: '1970-01-01T00:00:00Z' }) })).status).toBe(202);
    expect(fixture.service.status()).toMatchObject({
      sources: [{ name: 'orders', accepted: 2, rejected: 1, late: 1 }],
    });
  });
});

it('refuses a schema that is none when it starts', async () => {
  const schema = { type: 'nothing' };
  await expect(start({ source: { schema }, log: new MemoryLog() })).rejects.toMatchObject({
    code: 'invalid-schema',
  });
});
