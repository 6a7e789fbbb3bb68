import { TOPICS } from '@tenon/contracts';
import { Unavailable } from '@tenon/errors';
import type { ProductStore } from '@tenon/ports';
import { MemoryLog, MemoryStore } from '@tenon/testing';
import { NO_LOGGER } from '@tenon/telemetry';
import { knownLog } from './known-log';
import type { Noted } from './known-log';
import type { Parts } from './parts';

const TOPIC = TOPICS.events('s');
const SPEC = { name: TOPIC, partitions: 1, keepsAll: true };
const event = () => [{ partition: 0, key: null, value: 'e' }];

let store: ProductStore;
let isAway: boolean;

beforeEach(() => {
  store = new MemoryStore();
  isAway = false;
});

/** An instance that starts. */
function start(log: MemoryLog, noted: Noted, accepted: readonly string[] = []) {
  const parts = {
    log: async () => log,
    store: async () => {
      if (isAway) throw new Unavailable('The store is away.');
      return store;
    },
    ...{ clock: { monotonic: () => 0 }, ids: { next: () => 'id' }, logger: NO_LOGGER },
  };
  return knownLog(parts as unknown as Parts, noted, accepted);
}

async function used(noted: Noted): Promise<MemoryLog> {
  const log = new MemoryLog();
  const known = await start(log, noted);
  await known.ensureTopic(SPEC);
  await known.append(TOPIC, event());
  return log;
}

function newLog(): MemoryLog {
  const log = new MemoryLog();
  log.ids.set(TOPIC, 'of another log');
  return log;
}

test('a log that is new as a whole is another one for ingestion too, and nothing is taken', async () => {
  await used('both');
  const log = newLog();
  await expect((await start(log, 'both')).ensureTopic(SPEC)).rejects.toMatchObject({ code: 'log-replaced' });
  await expect((await start(log, 'both')).append(TOPIC, event())).rejects.toMatchObject({
    code: 'log-replaced',
  });
  expect(log.topics.get(TOPIC) ?? []).toEqual([]);
});

test('what readers have noted of the log counts for ingestion that comes later', async () => {
  await used('store');
  await expect((await start(newLog(), 'both')).ensureTopic(SPEC)).rejects.toMatchObject({
    code: 'log-replaced',
  });
});

test('once somebody has said that it goes on there, it does', async () => {
  await used('both');
  const log = newLog();
  const known = await start(log, 'both', ['of another log']);
  await log.ensureTopic(SPEC);
  expect(await known.append(TOPIC, event())).toEqual([0]);
  expect(await (await start(log, 'both')).append(TOPIC, event())).toEqual([1]);
  expect(await (await start(log, 'store')).append(TOPIC, event())).toEqual([2]);
});

test('with the store away events are taken as long as the log knows itself, and not by a log that does not', async () => {
  const log = await used('both');
  isAway = true;
  const known = await start(log, 'both');
  await known.ensureTopic(SPEC);
  expect(await known.append(TOPIC, event())).toEqual([1]);
  await expect((await start(newLog(), 'both')).ensureTopic(SPEC)).rejects.toBeInstanceOf(Unavailable);
});
