/** What fails alone: how it rests, and what it says meanwhile. */
import { TenonError, Unavailable } from '@tenon/errors';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryTroubleBook, createManualClock } from '@tenon/testing';
import { Patience, isLasting } from './patience';
import { Periodic } from './periodic';
import { readinessOf, troubleOf } from './readiness';
import { Rests } from './rests';
import { TroubleDesk } from './trouble-desk';

const settle = () => new Promise(setImmediate);

test('patience doubles from a second to five minutes, for each by itself, and begins anew for who is well', () => {
  let now = 0;
  const patience = new Patience({ monotonic: () => now });
  expect(patience.isOver('a')).toBe(true);
  const pauses: number[] = [];
  for (let failure = 0; failure < 11; failure++) {
    patience.failed('a');
    const began = now;
    while (!patience.isOver('a')) now += 1000;
    pauses.push((now - began) / 1000);
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  patience.well('a');
  patience.failed('a');
  expect(patience.isOver('b')).toBe(true);
  now += 1000;
  expect(patience.isOver('a')).toBe(true);
});

test('only an error that says so is lasting', () => {
  const errors = [new TenonError('record-too-large', ''), new Unavailable('away'), new Error('who knows')];
  expect(errors.map(isLasting)).toEqual([true, false, false]);
});

test('a loop that rests says so, and is well once it has worked for five seconds', async () => {
  const clock = createManualClock();
  const told: string[] = [];
  const tell = {
    failed: (error: unknown) => told.push((error as Error).message),
    well: () => told.push('well'),
  };
  const rests = new Rests({ clock, logger: NO_LOGGER }, 'loop', tell);
  const { signal } = new AbortController();
  for (const pause of [1000, 2000]) {
    let isOver = false;
    void rests.rest(new Error('full'), signal).then(() => (isOver = true));
    await clock.advance(pause - 1);
    expect([rests.reason, isOver]).toEqual(['full', false]);
    await clock.advance(1);
    expect(isOver).toBe(true);
    rests.works();
  }
  await clock.advance(4999);
  rests.works();
  expect(rests.reason).toBe('full');
  await clock.advance(1);
  rests.works();
  rests.works();
  expect([rests.reason, told]).toEqual([null, ['full', 'full', 'well']]);
});

test('work that fails is done again after a rest, where it is alone; else its loop ends with the error', async () => {
  const clock = createManualClock();
  let fails = true;
  const work = async () => {
    if (fails) throw new Error('full');
  };
  const told: string[] = [];
  const tell = { failed: () => told.push('failed'), well: () => told.push('well') };
  const alone = new Periodic({ clock, logger: NO_LOGGER }, 'loop', () => 10, work, tell);
  alone.start();
  await settle();
  expect(alone.trouble).toBe('full');
  fails = false;
  await clock.advance(1000);
  expect([alone.trouble, told]).toEqual([null, ['failed', 'well']]);
  await alone.stop();
  fails = true;
  const other = new Periodic({ clock, logger: NO_LOGGER }, 'loop', () => 10, work);
  other.start();
  await expect(other.done).rejects.toThrow('full');
});

test('a service is ready as long as one of its parts is, and names the others', () => {
  const part = (trouble: string | null, degraded: string[] = []) => ({ trouble, degraded: () => degraded });
  expect(readinessOf([part(null), part(null)])).toEqual({ ok: true });
  expect(readinessOf([part(null, ['p: too large']), part('away')])).toEqual({
    ok: true,
    degraded: ['away', 'p: too large'],
  });
  expect(readinessOf([part('away'), part('full')])).toEqual({ ok: false, reason: 'away' });
  expect([troubleOf([null, part('away')]), troubleOf([part(null)])]).toEqual(['away', null]);
});

describe('the desk of troubles', () => {
  const PLACE = { source: 'orders' };
  const begin = () => {
    const troubles = new MemoryTroubleBook();
    const desk = new TroubleDesk({ troubles, logger: NO_LOGGER }, 'speed', ['p@1', 'q@1'], PLACE);
    const codes = () =>
      ['p@1', 'q@1'].map((product) => troubles.of(product as 'p@1').map(({ code }) => code));
    return { troubles, desk, codes };
  };

  test('writes down of each product what a loop failed with, and takes it back when no loop fails so', async () => {
    const { desk, codes } = begin();
    const [one, two] = [desk.of('one'), desk.of('two')];
    one.failed(new TenonError('document-too-large', ''));
    two.failed(new TenonError('document-too-large', ''));
    await settle();
    one.well();
    await settle();
    expect(codes()).toEqual([['document-too-large'], ['document-too-large']]);
    two.failed(new Error('another'));
    await settle();
    expect(codes()).toEqual([['product-failed'], ['product-failed']]);
    two.well();
    await settle();
    expect(codes()).toEqual([[], []]);
  });

  test('takes back what stood there before a restart, of its own place, once all loops are well', async () => {
    const { troubles, desk, codes } = begin();
    const trouble = { layer: 'speed' as const, code: 'old', reason: '' };
    await troubles.report('p@1', { ...trouble, ...PLACE });
    await troubles.report('q@1', { ...trouble, code: 'lane', ...PLACE, partition: 3 });
    const [one, two] = [desk.of('one'), desk.of('two')];
    one.well();
    await settle();
    expect(codes()).toEqual([['old'], ['lane']]);
    two.well();
    await settle();
    expect(codes()).toEqual([[], ['lane']]);
  });

  test('what the book did not take is said again, five seconds later', async () => {
    const clock = createManualClock();
    const { troubles, desk, codes } = begin();
    const rests = new Rests({ clock, logger: NO_LOGGER }, 'loop', desk.of('loop'));
    const { signal } = new AbortController();
    void rests.rest(new Error('full'), signal);
    await clock.advance(1000);
    rests.works();
    const { clear } = troubles;
    troubles.clear = () => Promise.reject(new Unavailable('away'));
    await clock.advance(5000);
    rests.works();
    await settle();
    troubles.clear = clear;
    await clock.advance(4999);
    rests.works();
    await settle();
    expect(codes()).toEqual([['product-failed'], ['product-failed']]);
    await clock.advance(1);
    rests.works();
    await settle();
    expect(codes()).toEqual([[], []]);
  });

  test('and not where it has failed again meanwhile', async () => {
    const { troubles, desk, codes } = begin();
    const [one, two] = [desk.of('one'), desk.of('two')];
    one.failed(new Error('full'));
    two.well();
    const { clear } = troubles;
    troubles.clear = () => Promise.reject(new Unavailable('away'));
    one.well();
    await settle();
    troubles.clear = clear;
    one.failed(new Error('full again'));
    two.well();
    await settle();
    expect(codes()).toEqual([['product-failed'], ['product-failed']]);
  });
});
