import { Unavailable } from '@tenon/errors';
import { start } from '../testing/ingestion-fixture';
import { DEAD, event } from '../testing/orders';

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

  it('is counted and no longer kept where an hour has had too many, and the answer stays the same', async () => {
    const fixture = await start({ config: { deadLetters: { letters: 3, bytes: 1_000 } } });
    const body = Array.from({ length: 40 }, () => 'x').join('\n');
    const answer = await fixture.post({ type: 'application/x-ndjson', body });
    expect(answer.body).toMatchObject({ accepted: 0, rejected: 40 });
    const kept = fixture.log.all(DEAD).length;
    expect(kept).toBe(3 + 6);
    expect(fixture.service.status()['sources']).toMatchObject([
      { deadLetters: { kept, counted: 40 - kept } },
    ]);
    expect(fixture.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
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
