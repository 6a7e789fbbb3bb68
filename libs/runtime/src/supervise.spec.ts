import type { RunningService } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import type { ManualClock } from '@tenon/testing';
import { createManualClock, eventually } from '@tenon/testing';
import { supervise } from './supervise';

interface Fake extends RunningService {
  readonly id: number;
  stopped: boolean;
  fail(error: Error): void;
}

let made: Fake[];
let clock: ManualClock;
beforeEach(() => {
  made = [];
  clock = createManualClock();
});

const start = async (): Promise<Fake> => {
  let fail: (error: Error) => void = () => undefined;
  const done = new Promise<void>((_resolve, reject) => (fail = reject));
  const service: Fake = {
    ...{ name: 'speed', id: made.length, routes: [], done, fail, stopped: false },
    ready: () => ({ ok: true }),
    status: () => ({}),
    stop: async () => void (service.stopped = true),
  };
  made.push(service);
  return service;
};

test('it is not ready while it is started again, nor where it fails again and again, until it has run for a while', async () => {
  const supervised = await supervise({ clock, logger: NO_LOGGER }, start);
  const failsAndRuns = async () => {
    const count = made.length;
    made.at(-1)?.fail(new Error('a part of it is broken'));
    await clock.advance(0);
    expect(supervised.readiness()).toMatchObject({
      ok: false,
      reason: expect.stringContaining('started again'),
    });
    await eventually('it runs again', async () => {
      await clock.advance(100);
      return made.length > count;
    });
  };
  await failsAndRuns();
  expect(supervised.readiness()).toEqual({ ok: true });
  await failsAndRuns();
  await failsAndRuns();
  expect(supervised.readiness()).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/3 times within 10 minutes, at last for: a part of it is broken/),
  });
  await clock.advance(60_000);
  expect(supervised.readiness()).toEqual({ ok: true });
  expect(supervised.lastFailure()).toMatchObject({ reason: 'a part of it is broken' });
  await clock.advance(3_600_000);
  expect(supervised.lastFailure()).toBeNull();
});

const broken = () => Promise.reject(new Error('does not start'));
const idOf = (service: RunningService) => (service as Fake).id;

test('a service that fails is started again, more slowly each time', async () => {
  const supervised = await supervise({ clock, logger: NO_LOGGER }, start);
  made[0]?.fail(new Error('one'));
  await eventually('it waits', async () => {
    await clock.advance(100);
    return made.length === 2;
  });
  expect([made[0]?.stopped, idOf(supervised.current()), supervised.restarts()]).toEqual([true, 1, 1]);
  await supervised.stop();
  expect(made[1]?.stopped).toBe(true);
});

test('where failures are for good they are told, once', async () => {
  const failed = jest.fn();
  const supervised = await supervise({ clock, logger: NO_LOGGER, failed }, start);
  made[0]?.fail(new Error('one'));
  await eventually('it is told', () => failed.mock.calls.length > 0);
  expect(failed.mock.calls).toEqual([[new Error('one')]]);
  expect(idOf(supervised.current())).toBe(0);
});

test('a service is replaced: the old one ends first, and its later failure is nobody’s', async () => {
  const failed = jest.fn();
  const supervised = await supervise({ clock, logger: NO_LOGGER, failed }, start);
  await supervised.replace(async () => {
    expect([made[0]?.stopped, idOf(supervised.current())]).toEqual([true, 0]);
    return start();
  });
  made[0]?.fail(new Error('late'));
  expect([idOf(supervised.current()), supervised.restarts()]).toEqual([1, 0]);
  made[1]?.fail(new Error('real'));
  await eventually('it is told', () => failed.mock.calls.length > 0);
  expect(failed.mock.calls).toEqual([[new Error('real')]]);
});

test('where the new one does not start, the old one is started again', async () => {
  const supervised = await supervise({ clock, logger: NO_LOGGER }, start);
  await expect(supervised.replace(broken)).rejects.toThrow('does not start');
  expect(idOf(supervised.current())).toBe(1);
  // And it is kept as it was: a failure starts that one again.
  made[1]?.fail(new Error('one'));
  await eventually('it is back', async () => {
    await clock.advance(100);
    return idOf(supervised.current()) === 2;
  });
});

test('where neither starts, it is tried again, or told', async () => {
  const failed = jest.fn();
  let works = true;
  const moody = () => (works ? start() : broken());
  const told = await supervise({ clock, logger: NO_LOGGER, failed }, moody);
  const retried = await supervise({ clock, logger: NO_LOGGER }, moody);
  works = false;
  await expect(told.replace(broken)).rejects.toThrow();
  await expect(retried.replace(broken)).rejects.toThrow();
  expect(failed).toHaveBeenCalledTimes(1);
  works = true;
  await eventually('it is back', async () => {
    await clock.advance(1000);
    return made.length === 3;
  });
  expect(retried.current()).toBe(made[2]);
});

test('a replacement does not wait until a service that fails runs again', async () => {
  let works = true;
  const supervised = await supervise({ clock, logger: NO_LOGGER }, () => (works ? start() : broken()));
  works = false;
  made[0]?.fail(new Error('one'));
  await Promise.resolve();
  await supervised.replace(start);
  expect(idOf(supervised.current())).toBe(1);
  await supervised.stop();
});

test('it goes on with other products as it is, and is started with them from then on', async () => {
  const supervised = await supervise({ clock, logger: NO_LOGGER }, start);
  const [service] = made;
  const adopted: unknown[] = [];
  (service as { adopt?: RunningService['adopt'] }).adopt = async (plans) => void adopted.push(plans);
  const again = jest.fn(start);
  await supervised.adopt([], again);
  expect([adopted, service?.stopped, supervised.current()]).toEqual([[[]], false, service]);
  service?.fail(new Error('a part of it is broken'));
  await eventually('it runs again', async () => {
    await clock.advance(100);
    return again.mock.calls.length === 1;
  });
});

test.each(['cannot', 'fails to'])('one that %s go on with them is replaced', async (how) => {
  const supervised = await supervise({ clock, logger: NO_LOGGER }, start);
  const [service] = made;
  if (how === 'fails to')
    (service as { adopt?: RunningService['adopt'] }).adopt = () => Promise.reject(new Error('no'));
  await supervised.adopt([], start);
  expect([service?.stopped, made.length]).toEqual([true, 2]);
  expect(supervised.current()).toBe(made[1]);
});
