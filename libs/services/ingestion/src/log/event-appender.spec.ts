import { Unavailable } from '@tenon/errors';
import { start } from '../testing/ingestion-fixture';
import { event } from '../testing/orders';

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
