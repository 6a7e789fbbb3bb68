import { Unavailable } from '@tenon/errors';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, createManualClock } from '@tenon/testing';
import { Outbox } from './outbox';

const TOPIC = 'tenon.flushes.p.1';
const flush = (value: string) => ({
  ...{ topic: TOPIC, cells: 1 },
  records: [{ partition: 0, key: null, value }],
});

async function begin() {
  const log = new MemoryLog();
  await log.ensureTopic({ name: TOPIC, partitions: 1 });
  const clock = createManualClock();
  const stopping = new AbortController();
  const seconds: number[] = [];
  const outbox = new Outbox({ log, clock, logger: NO_LOGGER }, stopping.signal, (one) => seconds.push(one));
  const written = () => log.all(TOPIC).map(({ value }) => Buffer.from(value).toString());
  return { log, clock, stopping, seconds, outbox, written };
}

describe('the outbox', () => {
  it('lets the next micro-batch begin while it appends, but appends one after the other', async () => {
    const { log, outbox, written } = await begin();
    let open = () => {};
    log.beforeAppend = () => new Promise((resolve) => (open = resolve));
    await outbox.send([flush('a')]);
    const second = outbox.send([flush('b')]);
    let begun = false;
    void second.then(() => (begun = true));
    await new Promise(setImmediate);
    expect(begun).toBe(false);
    log.beforeAppend = () => undefined;
    open();
    await second;
    await outbox.drain();
    expect(written()).toEqual(['a', 'b']);
  });

  it('tries until the log takes it, ever more rarely, and goes on then in order', async () => {
    const { log, clock, outbox, written } = await begin();
    const tries: number[] = [];
    log.beforeAppend = () => {
      tries.push(clock.monotonic());
      if (tries.length < 9) throw new Unavailable('away');
    };
    await outbox.send([flush('a')]);
    const second = outbox.send([flush('b')]);
    await clock.advance(20_000);
    await second;
    await outbox.drain();
    expect(tries.slice(0, 9)).toEqual([0, 50, 150, 350, 750, 1550, 3150, 5150, 7150]);
    expect(written()).toEqual(['a', 'b']);
  });

  it('gives up once it is stopped: what it had is replayed by whoever comes next', async () => {
    const { log, outbox, written, stopping } = await begin();
    log.beforeAppend = () => {
      throw new Unavailable('away');
    };
    await outbox.send([flush('a')]);
    stopping.abort();
    await outbox.drain();
    expect(written()).toEqual([]);
  });

  it('says how long the log took', async () => {
    const { log, clock, outbox, seconds } = await begin();
    log.beforeAppend = () => clock.sleep(250);
    await outbox.send([flush('a')]);
    await clock.advance(250);
    await outbox.drain();
    expect(seconds).toEqual([0.25]);
  });
});
