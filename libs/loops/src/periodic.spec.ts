import { Unavailable } from '@tenon/errors';
import type { Clock } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { Periodic } from './periodic';
import { settle } from './testing/scripted-log';

/** The sleeps under way, each with its time and its end. */
let sleeps: { readonly ms: number; readonly end: () => void }[];
let runs: number;
/** What a run waits for, if anything. */
let work: () => Promise<void>;
let loop: Periodic;

const clock: Clock = {
  now: () => 0,
  monotonic: () => 0,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleep = {
        ms,
        end: () => {
          sleeps = sleeps.filter((one) => one !== sleep);
          resolve();
        },
      };
      sleeps.push(sleep);
      signal?.addEventListener('abort', sleep.end);
    }),
};

beforeEach(() => {
  [sleeps, runs, work] = [[], 0, async () => undefined];
  loop = new Periodic(
    { clock, logger: NO_LOGGER },
    'work',
    () => 100 * runs,
    () => {
      runs += 1;
      return work();
    },
  );
});
afterEach(() => loop.stop());

/** Work that goes on until the spec ends it. */
function heldWork(): { end(): void; fail(error: Error): void } {
  const held = { end: () => {}, fail: (_: Error) => {} };
  work = () =>
    new Promise((resolve, reject) => {
      held.end = resolve;
      held.fail = reject;
    });
  return { end: () => held.end(), fail: (error) => held.fail(error) };
}

test('it works at once, and then each time that it has waited for as long as it is told then', async () => {
  loop.start();
  await settle();
  expect([runs, sleeps.map(({ ms }) => ms)]).toEqual([1, [100]]);
  sleeps[0]?.end();
  await settle();
  expect([runs, sleeps.map(({ ms }) => ms)]).toEqual([2, [200]]);
});

test('woken while it sleeps it works now, and leaves no sleep behind', async () => {
  loop.start();
  await settle();
  loop.wake();
  await settle();
  expect([runs, sleeps.length]).toEqual([2, 1]);
});

test('woken while it works, however often, it works once more', async () => {
  const held = heldWork();
  loop.start();
  await settle();
  loop.wake();
  loop.wake();
  await settle();
  expect(runs).toBe(1);
  held.end();
  await settle();
  expect(runs).toBe(2);
  held.end();
  await settle();
  expect([runs, sleeps.length]).toEqual([2, 1]);
});

test('stopped while it sleeps it is done, and never works again', async () => {
  loop.start();
  await settle();
  await loop.stop();
  await loop.done;
  loop.wake();
  await settle();
  expect([runs, sleeps.length]).toEqual([1, 0]);
});

test('stopped while it works it is done once the work has ended, which is told of it', async () => {
  let told: AbortSignal | undefined;
  const held = heldWork();
  loop = new Periodic(
    { clock, logger: NO_LOGGER },
    'work',
    () => 100,
    (signal) => {
      told = signal;
      return work();
    },
  );
  loop.start();
  await settle();
  let stopped = false;
  const stopping = loop.stop().then(() => (stopped = true));
  await settle();
  expect([told?.aborted, stopped]).toEqual([true, false]);
  held.end();
  await stopping;
  expect(sleeps).toEqual([]);
});

test('work that fails ends it, and who looks at it sees why; stopping it then is no failure', async () => {
  const held = heldWork();
  loop.start();
  await settle();
  held.fail(new Error('full'));
  await expect(loop.done).rejects.toThrow('full');
  loop.wake();
  await settle();
  expect(runs).toBe(1);
  await expect(loop.stop()).resolves.toBeUndefined();
});

test('one that was never started is done', async () => {
  await loop.done;
  await loop.stop();
  expect(runs).toBe(0);
});

test('work that something is away for is tried again, with pauses that grow to two seconds', async () => {
  const held = heldWork();
  loop.start();
  const paused: number[] = [];
  for (let attempt = 0; attempt < 7; attempt += 1) {
    await settle();
    held.fail(new Unavailable('the store is away'));
    await settle();
    expect(loop.trouble).toBe('the store is away');
    paused.push(sleeps[0]?.ms ?? NaN);
    sleeps[0]?.end();
  }
  expect(paused).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
  await settle();
  held.end();
  await settle();
  expect([loop.trouble, runs]).toEqual([null, 8]);
});
