import { EventEmitter } from 'node:events';
import { createManualClock } from '@tenon/testing';
import { recordingLogger } from '../http/http-fixture';
import { healthRoutes } from '../health';
import { startProbe } from './probe';
import type { Running } from './run-to-end';
import { CUT_OFF } from './end-process';
import { runToEnd } from './run-to-end';

const NEVER = new Promise<never>(() => undefined);

function setUp(running: Partial<Running>, graceMs = 10_000) {
  const events = new EventEmitter();
  const logger = recordingLogger();
  const stop = jest.fn(async () => undefined);
  const start = async () => ({ failed: NEVER, stop, ...running });
  const code = runToEnd(start, { logger, graceMs, events });
  return { events, logger, stop, code };
}

describe('a process', () => {
  it('ends in order at a signal, with 0, and leaves no listener behind', async () => {
    const { events, stop, code } = setUp({});
    events.emit('SIGTERM');
    expect(await code).toBe(0);
    expect(stop).toHaveBeenCalledTimes(1);
    expect(events.eventNames()).toEqual([]);
  });

  it('ends in order and with 1 when what it runs has failed, or something throws that nobody caught', async () => {
    const failed = setUp({ failed: Promise.resolve(new Error('the loop broke')) });
    expect(await failed.code).toBe(1);
    expect(failed.stop).toHaveBeenCalled();
    expect(failed.logger.lines[0]).toMatchObject({
      level: 'error',
      fields: { err: new Error('the loop broke') },
    });

    const thrown = setUp({});
    thrown.events.emit('unhandledRejection', new Error('x'));
    expect(await thrown.code).toBe(1);
    expect(thrown.stop).toHaveBeenCalled();
  });

  it('ends at once at a second signal, whatever still runs', async () => {
    const { events, code } = setUp({ stop: () => NEVER });
    events.emit('SIGINT');
    events.emit('SIGINT');
    expect(await code).toBe(CUT_OFF);
  });

  it('cuts off an end that takes too long, and says so', async () => {
    const { events, logger, code } = setUp({ stop: () => NEVER }, 1);
    events.emit('SIGTERM');
    expect(await code).toBe(CUT_OFF);
    expect(logger.lines.at(-1)?.message).toBe('the end took too long, cut off');
  });

  it('passes on why it could not be started', async () => {
    const options = { logger: recordingLogger(), graceMs: 1, events: new EventEmitter() };
    await expect(runToEnd(() => Promise.reject(new Error('no')), options)).rejects.toThrow('no');
  });
});

test('a probe knows the last trouble, counts silence as one, and ends', async () => {
  const clock = createManualClock();
  let look: () => Promise<unknown> = async () => undefined;
  const probe = startProbe(clock, () => look(), 10, 5);
  await clock.advance(0);
  expect(probe.trouble()).toBeNull();
  look = () => Promise.reject(new Error('gone'));
  await clock.advance(10);
  expect(probe.trouble()).toBe('gone');
  look = () => NEVER;
  await clock.advance(15);
  expect(probe.trouble()).toBe('No answer within 5 ms.');
  look = async () => undefined;
  await clock.advance(10);
  expect(probe.trouble()).toBeNull();
  await probe.close();
});

test('health: stuck is not alive; alive is not ready', async () => {
  const ready = { ok: true as boolean };
  const state = { stuck: null as string | null, troubles: [] as string[] };
  const routes = healthRoutes({
    services: () => [{ name: 'speed', ready: () => ready } as never],
    stuck: () => state.stuck,
    troubles: () => state.troubles,
  });
  const statuses = async () =>
    Promise.all(routes.map(async (route) => (await route.handle(undefined as never)).status));
  expect(await statuses()).toEqual([200, 200]);
  state.troubles = ['store: gone'];
  expect(await statuses()).toEqual([200, 503]);
  state.troubles = [];
  ready.ok = false;
  expect(await statuses()).toEqual([200, 503]);
  state.stuck = 'speed reads nothing';
  ready.ok = true;
  expect(await statuses()).toEqual([503, 200]);
});
