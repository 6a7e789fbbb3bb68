import { Unavailable } from '@tenon/errors';
import { start } from '../testing/ingestion-fixture';
import { settle } from '../testing/manual-clock';
import { MemoryLog, cutRecords } from '../testing/memory-log';
import { TOPIC, barriers, event } from '../testing/orders';

describe('a cut', () => {
  it('puts its barrier into every partition, and answers with the offsets after them', async () => {
    const fixture = await start();
    await fixture.post({ body: event() });
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
