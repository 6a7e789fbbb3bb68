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
