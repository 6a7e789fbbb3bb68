import { Unavailable } from '@tenon/errors';
import { start } from '../testing/ingestion-fixture';
import { MemoryLog, cutRecords } from '../testing/memory-log';
import { TOPIC, barriers, event } from '../testing/orders';

describe('the schedule', () => {
  it('cuts once after the start, and then when something has come', async () => {
    const fixture = await start({ config: { cutEveryMs: 1_000 } });
    await fixture.clock.advance(1_000);
    expect(barriers(fixture.log)[0]).toEqual([1]);
    await fixture.clock.advance(1_000);
    expect(barriers(fixture.log)[0]).toEqual([1]);
    await fixture.post({ body: event() });
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
        await one.post({ body: event() });
        await one.clock.advance(1_000);
        await other.clock.advance(1_000);
        epochs.push(cutRecords(log).filter(({ type }) => type === 'written').length);
      }
      expect(epochs).toEqual([1, 2, 3, 4, 5]);
      await one.service.stop();
      await other.post({ body: event() });
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
        await both[0].post({ body: event() });
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
