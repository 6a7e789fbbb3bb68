import type { LogReading, RunningService } from '@tenon/ports';
import { createManualClock } from '@tenon/testing';
import { Progress } from './progress';

const CONFIG = { everyMs: 5, stuckAfterMs: 100, stuckAfterMsBusy: 1000 };

/** A service that reads one topic with partitions 0 and 1, and a log that both can move. */
function setUp() {
  const clock = createManualClock();
  const state = {
    next: { 0: 5, 1: 9 } as Record<string, number>,
    ends: { 0: 5, 1: 9 },
    busy: false,
    away: false,
  };
  const reading = (): LogReading => ({ topic: 't', group: 'g', next: state.next, busy: state.busy });
  const service = { name: 'speed', readings: () => [reading()] } as unknown as RunningService;
  const endOffsets = async () => {
    if (state.away) throw new Error('no log');
    return state.ends;
  };
  const progress = new Progress({ clock, log: { endOffsets }, services: () => [service] }, CONFIG);
  const after = async (ms: number) => {
    await clock.advance(ms);
    await progress.observe();
    return progress.stuck();
  };
  return { clock, state, progress, after };
}

test('lag is what the log has and the service has not read, never below zero', async () => {
  const { state, progress, after } = setUp();
  state.ends = { 0: 8, 1: 7 };
  await after(0);
  expect(progress.lags()).toEqual([
    { service: 'speed', group: 'g', topic: 't', partition: '0', next: 5, lag: 3 },
    { service: 'speed', group: 'g', topic: 't', partition: '1', next: 9, lag: 0 },
  ]);
});

test('a service that stands still while there is more to read is stuck, and alive again once it reads', async () => {
  const { state, after } = setUp();
  state.ends = { 0: 6, 1: 9 };
  expect(await after(0)).toBeNull();
  expect(await after(99)).toBeNull();
  expect(await after(1)).toMatch(/^speed has read nothing of t for 0 s/);
  state.next = { 0: 6, 1: 9 };
  expect(await after(1)).toBeNull();
});

test('one that has read all may stand still for ever, and one that is far behind but moves is alive', async () => {
  const { state, after } = setUp();
  expect(await after(0)).toBeNull();
  expect(await after(10_000)).toBeNull();
  state.ends = { 0: 1_000_000, 1: 9 };
  for (let next = 6; next < 20; next++) {
    state.next = { 0: next, 1: 9 };
    expect(await after(99)).toBeNull();
  }
});

test('a long computation is given more time, and that has an end too', async () => {
  const { state, after } = setUp();
  Object.assign(state, { ends: { 0: 6, 1: 9 }, busy: true });
  expect([await after(0), await after(500)]).toEqual([null, null]);
  expect(await after(500)).not.toBeNull();
});

test('while the log is away nothing is stuck, and time begins anew when it is back', async () => {
  const { state, progress, after } = setUp();
  state.ends = { 0: 6, 1: 9 };
  await after(0);
  state.away = true;
  expect(await after(500)).toBeNull();
  expect(progress.trouble()).toBe('no log');
  state.away = false;
  expect(await after(0)).toBeNull();
  expect(progress.trouble()).toBeNull();
  expect(await after(100)).not.toBeNull();
});

test('it looks by itself until it is closed', async () => {
  const { clock, state, progress } = setUp();
  progress.start();
  await clock.advance(0);
  state.ends = { 0: 7, 1: 9 };
  await clock.advance(5);
  expect(progress.lags()[0]?.lag).toBe(2);
  await progress.close();
  expect(clock.sleeping()).toBe(0);
});
