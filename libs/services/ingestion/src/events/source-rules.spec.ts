import { start } from '../testing/ingestion-fixture';
import { NOW } from '../testing/memory-log';
import { event } from '../testing/orders';

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
