import type { Value } from '@tenon/domain';
import { Unavailable } from '@tenon/errors';
import type { Bus, BusHeaders, RequestOptions } from '@tenon/ports';
import { start } from '../testing/ingestion-fixture';
import { MemoryBus } from '../testing/memory-bus';
import { MemoryLog, cutRecords } from '../testing/memory-log';
import { remoteCuts } from './control';

/** What an ingestion answers over the bus. */
async function ask(
  bus: MemoryBus,
  subject: string,
  payload: Value,
  headers: BusHeaders = {},
): Promise<Value> {
  const responder = bus.responders.get(subject);
  if (responder === undefined) throw new Error(`nobody answers ${subject}`);
  return responder({ subject, payload, headers });
}

describe('cuts over the bus', () => {
  it('are made by ingestion for whoever asks; a run is one that batch computes in full', async () => {
    const { bus, log } = await start();
    expect(await ask(bus, 'tenon.cut.ask', {})).toMatchObject({
      v: 1,
      epoch: 1,
      offsets: { orders: { '0': 1 } },
    });
    expect(await ask(bus, 'tenon.cut.ask', { full: true })).toMatchObject({ epoch: 2 });
    expect(await ask(bus, 'tenon.run', null)).toMatchObject({ epoch: 3 });
    const written = cutRecords(log).filter(({ type }) => type === 'written');
    expect(written.map(({ epoch, full }) => [epoch, full])).toEqual([
      [1, undefined],
      [2, true],
      [3, true],
    ]);
  });

  it('say why there is none', async () => {
    const log = new MemoryLog();
    const { bus } = await start({ log });
    log.beforeAppend = () => {
      throw new Unavailable('The log is down.');
    };
    expect(await ask(bus, 'tenon.cut.ask', {})).toEqual({
      v: 1,
      problem: { code: 'unavailable', message: 'The log is down.' },
    });
  });

  it('are not made by one that has ended', async () => {
    const { bus, service } = await start();
    await service.stop();
    await expect(ask(bus, 'tenon.cut.ask', {})).rejects.toThrow('nobody answers');
  });
});

describe('asking for a cut', () => {
  const asked: { subject: string; options: RequestOptions }[] = [];
  const bus = (replies: readonly Value[][], connected = true): Bus => {
    asked.length = 0;
    const left = [...replies];
    return Object.assign(new MemoryBus(), {
      connected: () => connected,
      request: async (subject: string, _payload: Value, options: RequestOptions) => {
        asked.push({ subject, options });
        return left.shift() ?? [];
      },
    });
  };
  const made = { v: 1, epoch: 4, offsets: { orders: { '0': 9 } } };

  it('asks another instance where the first one is silent', async () => {
    expect(await remoteCuts(bus([[], [made]])).cut(false)).toEqual({ epoch: 4, offsets: made.offsets });
    expect(asked.map(({ subject }) => subject)).toEqual(['tenon.cut.ask', 'tenon.cut.ask']);
  });

  it('asks for a run where batch is to compute in full, and passes the trace on', async () => {
    await remoteCuts(bus([[made]])).cut(true, '00-aa-bb-01');
    expect(asked).toMatchObject([
      { subject: 'tenon.run', options: { headers: { traceparent: '00-aa-bb-01' } } },
    ]);
  });

  it('says so where none answers, NATS is away, or the cut was refused', async () => {
    await expect(remoteCuts(bus([])).cut(false)).rejects.toMatchObject({
      ...{ status: 503, code: 'cut-unanswered', detail: expect.stringMatching(/^No ingestion answers/) },
    });
    await expect(remoteCuts(bus([[made]], false)).cut(false)).rejects.toMatchObject({
      ...{ code: 'cut-unanswered', detail: expect.stringMatching(/^NATS is away/) },
    });
    const refusal = { v: 1, problem: { code: 'unavailable', message: 'The log is down.' } };
    await expect(remoteCuts(bus([[refusal]])).cut(false)).rejects.toMatchObject({
      ...{ status: 503, code: 'cut-refused', detail: 'The log is down.' },
    });
  });
});
