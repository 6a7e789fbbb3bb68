import { decodeReceipt } from '@tenon/contracts';
import { envelope, start } from '../testing/ingestion-fixture';
import { TOPIC, TRACEPARENT, event, idOf, only } from '../testing/orders';

/** An identifier from the port. */
const MADE: unknown = expect.stringMatching(/^id-\d+$/);

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

  it('has the id that its data has, whoever sends it and however often', async () => {
    const fixture = await start({ source: { id: ['customer', 'count'] } });
    const headers = { 'idempotency-key': 'other' };
    await fixture.post({ body: event(), headers });
    await fixture.post({ body: event() });
    const structured = { specversion: '1.0', id: 'own', source: 'tenon:load', type: 't', data: event() };
    await fixture.post({ type: 'application/cloudevents+json', body: structured });
    const records = fixture.log.all(TOPIC);
    expect(new Set(records.map((record) => idOf(record)))).toEqual(new Set(['["ann","1"]']));
    expect(new Set(records.map((record) => record.header('tenon-identity'))).size).toBe(1);
    const { status, body } = await (await start({ source: { id: ['extra'] } })).post({ body: event() });
    expect([status, body.code, body.pointer]).toEqual([422, 'id-missing', '/extra']);
  });

  it('has a key of a bounded length', async () => {
    const fixture = await start({ config: { maxKeyBytes: 10 } });
    expect((await fixture.post({ body: event({ customer: 'é'.repeat(5) }) })).status).toBe(202);
    const { status, body } = await fixture.post({ body: event({ customer: 'é'.repeat(6) }) });
    expect([status, body.code, body.pointer]).toEqual([422, 'key-too-long', '/customer']);
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

  it('has no key where the field is no field of its own', async () => {
    const schema = { properties: { valueOf: { type: 'string' } } };
    const fixture = await start({ source: { key: ['valueOf'], time: null, schema } });
    await fixture.post({ body: {} });
    expect(only(fixture)?.key).toBeNull();
  });
});
