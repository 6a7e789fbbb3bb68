import { decodeReceipt } from '@tenon/contracts';
import { start } from '../testing/ingestion-fixture';
import { NDJSON, STRUCTURED, STRUCTURED_ARRAY, TOPIC, cloudEvent, event, idOf } from '../testing/orders';

/** An identifier from the port. */
const MADE: unknown = expect.stringMatching(/^id-\d+$/);

describe('an array of events', () => {
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
    [STRUCTURED_ARRAY, [], 202],
    ['application/json', [], 202],
    [NDJSON, '', 202],
    [STRUCTURED_ARRAY, cloudEvent(), 400],
    [STRUCTURED, [cloudEvent()], 400],
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
      type: STRUCTURED_ARRAY,
      body: [cloudEvent(), cloudEvent({}, event({ count: 2 }))],
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'id-conflict']);
    expect(answer.body.items).toMatchObject([{ index: 1, code: 'id-conflict' }]);
    expect(fixture.log.all(TOPIC)).toEqual([]);
  });

  it('may repeat an event: both go in, with one digest', async () => {
    const fixture = await start();
    const answer = await fixture.post({ type: STRUCTURED_ARRAY, body: [cloudEvent(), cloudEvent()] });
    expect(answer.body).toMatchObject({ accepted: 2, rejected: 0 });
    const digests = fixture.log.all(TOPIC).map((record) => record.header('tenon-identity'));
    expect(new Set(digests).size).toBe(1);
  });

  it('over the limit is refused with 413', async () => {
    const fixture = await start({ config: { maxArrayItems: 2 } });
    expect(await fixture.post({ body: [1, 2, 3] })).toMatchObject({
      status: 413,
      body: { code: 'too-many-items' },
    });
  });
});
