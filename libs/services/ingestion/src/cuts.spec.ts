import { Unavailable } from '@tenon/errors';
import { MemoryLog, cutRecords, settle, start } from './ingestion-fixture';

const TOPIC = 'tenon.events.orders';

/** The barriers of each partition, in order. */
const barriers = (log: MemoryLog) =>
  (log.topics.get(TOPIC) ?? []).map((records) =>
    records
      .filter((record) => record.header('tenon-control') === 'barrier')
      .map((record) => (JSON.parse(Buffer.from(record.value).toString()) as { epoch: number }).epoch),
  );

const event = { body: { customer: 'ann', count: 1 } };

describe('a cut', () => {
  it('puts its barrier into every partition, and answers with the offsets after them', async () => {
    const fixture = await start();
    await fixture.post(event);
    const answer = await fixture.cut();
    expect(answer.status).toBe(202);
    expect(answer.body.epoch).toBe(1);
    expect(answer.body.offsets).toEqual({ orders: await fixture.log.endOffsets(TOPIC) });
    expect(barriers(fixture.log)).toEqual([[1], [1], [1]]);
    expect(cutRecords(fixture.log)).toMatchObject([
      { type: 'begun', epoch: 1 },
      { type: 'written', epoch: 1, offsets: answer.body.offsets },
    ]);
    expect(fixture.bus.published).toMatchObject([
      { subject: 'tenon.cut', payload: { epoch: 1, type: 'written' } },
    ]);
  });

  it('may follow another with nothing between them', async () => {
    const fixture = await start();
    expect((await fixture.cut()).body.epoch).toBe(1);
    expect((await fixture.cut({ full: 'true' })).body.epoch).toBe(2);
    expect(cutRecords(fixture.log).map(({ full }) => full)).toEqual([undefined, undefined, true, true]);
  });

  it('takes a new number after a restart, also where one was only begun', async () => {
    const log = new MemoryLog();
    const before = await start({ log });
    await before.cut();
    log.beforeAppend = (topic) => {
      if (topic === TOPIC) throw new Unavailable('The log is down.');
    };
    await expect(before.cut()).rejects.toThrow(Unavailable);
    log.beforeAppend = () => undefined;
    const after = await start({ log });
    expect((await after.cut()).body.epoch).toBe(3);
    expect(barriers(log)).toEqual([
      [1, 3],
      [1, 3],
      [1, 3],
    ]);
  });

  it('is made again where another process has begun one of the same or a higher number: its barriers may void these', async () => {
    const log = new MemoryLog();
    const one = await start({ log });
    const other = await start({ log });
    expect((await one.cut()).body.epoch).toBe(1);
    const answer = await other.cut();
    expect(answer.body.epoch).toBe(2);
    expect(answer.body.offsets).toEqual({ orders: await log.endOffsets(TOPIC) });
  });

  it('reads the counter back from a long history', async () => {
    const log = new MemoryLog();
    const before = await start({ log });
    for (let round = 0; round < 600; round += 1) await before.cut();
    const after = await start({ log });
    expect((await after.cut()).body.epoch).toBe(601);
  });

  it('lies after all that was acknowledged before it was asked for; who asks meanwhile shares the next one', async () => {
    const fixture = await start();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    fixture.log.beforeAppend = (topic) => (topic === 'tenon.cuts' ? held : undefined);
    const first = fixture.cut();
    await settle();
    const others = Promise.all([fixture.cut(), fixture.cut({ full: 'true' }), fixture.cut()]);
    release();
    expect((await first).body.epoch).toBe(1);
    expect((await others).map(({ body }) => body.epoch)).toEqual([2, 2, 2]);
    expect(cutRecords(fixture.log)[2]).toMatchObject({ epoch: 2, full: true });
  });

  it('that fails leaves the next one to work', async () => {
    const fixture = await start();
    let failures = 1;
    fixture.log.beforeAppend = () => {
      if (failures-- > 0) throw new Unavailable('The log is down.');
    };
    await expect(fixture.cut()).rejects.toThrow(Unavailable);
    expect((await fixture.cut()).body.epoch).toBe(2);
  });

  it.each([
    [{ full: 'yes' }],
    [{ wait: '1' }],
    [{ timeout: '0' }],
    [{ timeout: '-5' }],
    [{ timeout: '1e9' }],
    [{ timeout: '99999999999' }],
  ])('is refused for the parameters %j', async (query) => {
    const fixture = await start();
    const answer = await fixture.cut(query);
    expect([answer.status, answer.body.code]).toEqual([400, 'bad-parameter']);
    expect(cutRecords(fixture.log)).toEqual([]);
  });
});

describe('waiting for a cut', () => {
  const products = [{ name: 'a' }, { name: 'b' }];

  it('ends when every product serves it, whoever says so', async () => {
    const fixture = await start({ products });
    fixture.bus.generations = () => [{ a: 1, b: 0 }, { b: 1 }];
    const answer = await fixture.cut({ wait: 'true' });
    expect(answer).toMatchObject({ status: 202, body: { epoch: 1, generations: { a: 1, b: 1 } } });
    expect(fixture.bus.handlers.size).toBe(0);
  });

  it('asks again at each hint', async () => {
    const fixture = await start({ products });
    const answer = fixture.cut({ wait: 'true' });
    await settle();
    fixture.bus.generations = () => [{ a: 5, b: 1 }];
    for (const hint of fixture.bus.handlers) hint();
    expect((await answer).status).toBe(202);
  });

  it('asks again without hints, and gives up in time with 504', async () => {
    const fixture = await start({ products });
    fixture.bus.generations = () => [{ a: 1 }];
    const answer = fixture.cut({ wait: 'true', timeout: '150' });
    await settle();
    await fixture.clock.advance(100);
    await fixture.clock.advance(100);
    expect(await answer).toMatchObject({
      status: 504,
      body: { code: 'cut-timeout', epoch: 1, generations: { a: 1 } },
    });
  });

  it('ends with 503 when the server does', async () => {
    const fixture = await start({ products });
    const shutdown = new AbortController();
    const answer = fixture.cut({ wait: 'true' }, shutdown.signal);
    await settle();
    shutdown.abort();
    expect(await answer).toMatchObject({ status: 503, body: { code: 'shutting-down', epoch: 1 } });
  });
});

describe('the schedule', () => {
  it('cuts once after the start, and then when something has come', async () => {
    const fixture = await start({ config: { cutEveryMs: 1_000 } });
    await fixture.clock.advance(1_000);
    expect(barriers(fixture.log)[0]).toEqual([1]);
    await fixture.clock.advance(1_000);
    expect(barriers(fixture.log)[0]).toEqual([1]);
    await fixture.post(event);
    await fixture.clock.advance(1_000);
    expect(barriers(fixture.log)[0]).toEqual([1, 2]);
    await fixture.service.stop();
    await fixture.service.done;
  });

  describe('of two instances', () => {
    const config = { cutEveryMs: 1_000 };

    it('is kept by one of them, and by the other once that one has ended', async () => {
      const log = new MemoryLog();
      const one = await start({ log, config });
      const other = await start({ log, config });
      const epochs = [];
      for (let period = 0; period < 5; period += 1) {
        await one.post(event);
        await one.clock.advance(1_000);
        await other.clock.advance(1_000);
        epochs.push(cutRecords(log).filter(({ type }) => type === 'written').length);
      }
      expect(epochs).toEqual([1, 2, 3, 4, 5]);
      await one.service.stop();
      await other.post(event);
      await other.clock.advance(1_000);
      await other.clock.advance(1_000);
      expect(cutRecords(log).at(-1)).toMatchObject({ type: 'written', epoch: 6 });
      await other.service.stop();
    });

    it('comes to be kept by one where both begin at the same instant', async () => {
      const log = new MemoryLog();
      const both = await Promise.all([start({ log, config }), start({ log, config })]);
      const written = () => cutRecords(log).filter(({ type }) => type === 'written').length;
      await Promise.all(both.map(({ clock }) => clock.advance(1_000)));
      const before = written();
      for (let period = 0; period < 4; period += 1) {
        await both[0].post(event);
        await Promise.all(both.map(({ clock }) => clock.advance(1_000)));
      }
      expect(written() - before).toBe(4);
      for (const { service } of both) await service.stop();
    });

    it('does nothing where nothing comes', async () => {
      const log = new MemoryLog();
      const both = [await start({ log, config }), await start({ log, config })];
      for (let period = 0; period < 6; period += 1) for (const { clock } of both) await clock.advance(1_000);
      expect(barriers(log)[0]).toEqual([1]);
      for (const { service } of both) await service.stop();
    });
  });

  it('is made up for where a cut was only begun', async () => {
    const log = new MemoryLog();
    const before = await start({ log });
    log.beforeAppend = (topic) => {
      if (topic === TOPIC) throw new Unavailable('The log is down.');
    };
    await expect(before.cut()).rejects.toThrow(Unavailable);
    log.beforeAppend = () => undefined;
    const after = await start({ log, config: { cutEveryMs: 1_000 } });
    await after.clock.advance(1_000);
    expect(barriers(log)[0]).toEqual([2]);
    await after.service.stop();
  });

  it('goes on after a failure', async () => {
    const fixture = await start({ config: { cutEveryMs: 1_000 } });
    fixture.log.beforeAppend = () => {
      throw new Unavailable('The log is down.');
    };
    await fixture.clock.advance(1_000);
    expect(fixture.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'scheduled cut failed' }),
    );
    fixture.log.beforeAppend = () => undefined;
    await fixture.clock.advance(1_000);
    expect(barriers(fixture.log)[0]).toEqual([2]);
    await fixture.service.stop();
  });
});
