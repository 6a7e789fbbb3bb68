/** Live updates of many clients: what one change costs, and what a client that does not read costs the others. */
import { setMaxListeners } from 'node:events';
import { HEADERS, liveHint } from '@tenon/contracts';
import type { Bus, Logger } from '@tenon/ports';
import { createManualClock } from '@tenon/testing';
import { LIVE_DEFAULTS, LiveHub } from './live';
import type { RowsQuery } from './query';
import type { ProductReader } from './reader';

const CLIENTS = 1_000;
const query = { range: { gte: '', lt: '\uffff' }, where: [], limit: 10 } as unknown as RowsQuery;
const turns = () => new Promise(setImmediate);

/** A hub over a reader that counts what it is asked for. */
async function scene() {
  const asked = { snapshots: 0, updates: [] as (readonly string[])[] };
  const product = 'p@1';
  const pointer = { generation: 1, line: 0 };
  const reader = {
    layout: { product, plan: { version: 1 } },
    view: async () => ({ base: { pointer }, speed: { lanes: new Map(), troubles: [] } }),
    read: async () => ((asked.snapshots += 1), { parts: [], answer: '{}' }),
    cells: async (ids: readonly string[]) => {
      asked.updates.push(ids);
      return { rows: ids.map((id) => ({ key: [id], text: JSON.stringify(id) })), removed: [], answer: '{}' };
    },
  } as unknown as ProductReader;
  let hear: (message: { payload: unknown; headers: Record<string, string> }) => void = () => undefined;
  const bus = {
    connected: () => true,
    subscribe: async (_: string, handler: typeof hear) => (
      (hear = handler),
      { close: async () => undefined }
    ),
  } as unknown as Bus;
  const logger = { debug: () => undefined } as unknown as Logger;
  const clock = createManualClock();
  const hub = new LiveHub({ bus, clock, logger }, reader, LIVE_DEFAULTS, 'run');
  await hub.start();
  const change = (...cells: string[]) =>
    hear({ payload: liveHint(cells), headers: { [HEADERS.traceparent]: '' } });
  return { asked, clock, hub, change };
}

/** Reads a stream until the next message, over what says only that it is there. */
async function message(stream: AsyncGenerator<string>): Promise<string> {
  for (;;) {
    const { value, done } = await stream.next();
    if (done === true) throw new Error('The stream has ended.');
    if (value.startsWith('id: ')) return value;
  }
}

test(`a change is read once for ${CLIENTS} clients, and for one that was away as one message of all it missed`, async () => {
  const { asked, clock, hub, change } = await scene();
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  const streams = Array.from({ length: CLIENTS }, () => hub.stream(query, undefined, leaving.signal));
  const [slow, ...others] = streams;
  await Promise.all(streams.map(message));
  expect(asked).toEqual({ snapshots: 1, updates: [] });
  for (const cell of ['a', 'b', 'c']) {
    const told = others.map(message);
    await turns();
    // Out of the pause after the message before.
    await clock.advance(LIVE_DEFAULTS.minIntervalMs);
    change(cell);
    for (const text of await Promise.all(told)) expect(text).toContain(`"rows":["${cell}"]`);
  }
  expect(asked).toEqual({ snapshots: 1, updates: [['a'], ['b'], ['c']] });
  const missed = message(slow!);
  await turns();
  await clock.advance(LIVE_DEFAULTS.minIntervalMs);
  expect(await missed).toContain('"rows":["a","b","c"]');
  expect(asked.updates).toHaveLength(4);
  leaving.abort();
  const stopped = hub.stop();
  await clock.advance(LIVE_DEFAULTS.heartbeatMs);
  await stopped;
});

test('a client that was away for longer than the account goes back begins anew, with what is', async () => {
  const { asked, clock, hub, change } = await scene();
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  const stream = hub.stream(query, undefined, leaving.signal);
  await message(stream);
  for (let count = 0; count <= LIVE_DEFAULTS.history; count++) change(`cell ${count}`);
  const next = message(stream);
  await turns();
  await clock.advance(LIVE_DEFAULTS.minIntervalMs);
  expect(await next).toContain('event: snapshot');
  expect(asked).toEqual({ snapshots: 2, updates: [] });
  leaving.abort();
  const stopped = hub.stop();
  await clock.advance(LIVE_DEFAULTS.heartbeatMs);
  await stopped;
});
