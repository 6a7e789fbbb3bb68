import { Unavailable } from '@tenon/errors';
import { decodeReceipt } from '@tenon/contracts';
import { envelope, start } from '../testing/ingestion-fixture';
import { DEAD, NDJSON, TOPIC, cloudEvent, event } from '../testing/orders';

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
    expect(fixture.log.all(TOPIC).map((record) => envelope(record).source)).toEqual([
      '/orders',
      '/shop',
      '/orders',
    ]);
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
