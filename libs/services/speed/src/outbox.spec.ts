import { TenonError, Unavailable } from '@tenon/errors';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, createManualClock } from '@tenon/testing';
import { Outbox } from './outbox';
import { LivePartition } from './partition';

const TOPIC = 'tenon.flushes.p.1';
const LIVE = new LivePartition({ source: 'orders', partition: 0 }, { epoch: 0, start: 0 }, 0, []);
const flush = (value: string) => ({
  ...{ topic: TOPIC, lives: [LIVE], cells: 1 },
  records: [{ partition: 0, key: null, value }],
});

async function begin() {
  const log = new MemoryLog();
  await log.ensureTopic({ name: TOPIC, partitions: 1 });
  const clock = createManualClock();
  const seconds: number[] = [];
  const outbox = new Outbox({ log, clock, logger: NO_LOGGER }, (one) => seconds.push(one));
  const written = () => log.all(TOPIC).map(({ value }) => Buffer.from(value).toString());
  return { log, clock, seconds, outbox, written };
}

describe('the outbox of a product', () => {
  it('lets the next micro-batch begin while it appends, and says when it has', async () => {
    const { log, outbox, written } = await begin();
    let open = () => {};
    log.beforeAppend = () => new Promise((resolve) => (open = resolve));
    outbox.send(flush('a'));
    let isSettled = false;
    const settled = outbox.settled().then((failure) => {
      isSettled = true;
      return failure;
    });
    await new Promise(setImmediate);
    expect(isSettled).toBe(false);
    log.beforeAppend = () => undefined;
    open();
    expect(await settled).toBeNull();
    outbox.send(flush('b'));
    await outbox.drain();
    expect(written()).toEqual(['a', 'b']);
  });

  it('tries until the log takes it, and says meanwhile what it waits for', async () => {
    const { log, clock, outbox, written } = await begin();
    const tries: number[] = [];
    log.beforeAppend = () => {
      tries.push(clock.monotonic());
      if (tries.length < 4) throw new Unavailable('away');
    };
    outbox.send(flush('a'));
    await clock.advance(0);
    expect(outbox.trouble).toBe('away');
    await clock.advance(1000);
    expect(await outbox.settled()).toBeNull();
    expect(tries).toEqual([0, 100, 300, 700]);
    expect(outbox.trouble).toBeNull();
    expect(written()).toEqual(['a']);
  });

  it('gives up what the log does not take for two seconds: others of the source wait for it', async () => {
    const { log, clock, outbox, written } = await begin();
    log.beforeAppend = () => {
      throw new Unavailable('its partition has no leader');
    };
    outbox.send(flush('a'));
    const settled = outbox.settled();
    await clock.advance(2000);
    expect(await settled).toMatchObject({
      lives: [LIVE],
      error: { code: 'unavailable', message: expect.stringContaining('its partition has no leader') },
    });
    log.beforeAppend = () => undefined;
    await clock.advance(10_000);
    expect(written()).toEqual([]);
    expect(await outbox.settled()).toBeNull();
  });

  it('does not try again what the log will never take', async () => {
    const { log, clock, outbox } = await begin();
    let tries = 0;
    log.beforeAppend = () => {
      tries += 1;
      throw new TenonError('record-too-large', 'too large');
    };
    outbox.send(flush('a'));
    await clock.advance(5000);
    expect(tries).toBe(1);
    expect(outbox.failed()).toMatchObject({ lives: [LIVE], error: { code: 'record-too-large' } });
    expect(outbox.failed()).toBeNull();
  });

  it('gives up once it is stopped: what it had is replayed by whoever comes next', async () => {
    const { log, outbox, written } = await begin();
    log.beforeAppend = () => {
      throw new Unavailable('away');
    };
    outbox.send(flush('a'));
    outbox.giveUp();
    await outbox.drain();
    expect(written()).toEqual([]);
  });

  it('says how long the log took', async () => {
    const { log, clock, outbox, seconds } = await begin();
    log.beforeAppend = () => clock.sleep(250);
    outbox.send(flush('a'));
    await clock.advance(250);
    await outbox.drain();
    expect(seconds).toEqual([0.25]);
  });
});
