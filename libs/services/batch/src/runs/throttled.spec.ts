import type { CompleteCut } from '@tenon/archive';
import type { Plan } from '@tenon/domain';
import { createManualClock } from '@tenon/testing';
import { ThrottledRuns } from './throttled';

const plan = { product: 'sales', version: 2 } as Plan;
const cut = (epoch: number, records: number): CompleteCut => ({
  ...{ epoch, full: false, epochs: new Map([[0, epoch]]) },
  offsets: new Map([[0, records]]),
});

/** What a run before has made. */
const served = (generation: number, at = -1e9) => ({ generation, at });

/** A cut after each thousand records. */
function world(rate: () => number | null) {
  const clock = createManualClock();
  const asked: number[] = [];
  const cutWithin = (after: number, _: object, most: number) => {
    asked.push(most);
    return Promise.resolve(cut(after + Math.max(1, Math.floor(most / 1000)), 0));
  };
  const cutAt = async (epoch: number) => cut(epoch, 1000 * epoch);
  return { clock, asked, runs: new ThrottledRuns(clock, async () => rate(), { cutWithin, cutAt }) };
}

test('without a bound a run goes as far as it can', async () => {
  const { runs, asked } = world(() => null);
  const latest = cut(9, 9000);
  expect(await runs.upTo(plan, undefined, {}, latest)).toBe(latest);
  expect(asked).toEqual([]);
});

test('a run goes up to a cut some seconds away, and rests for as long as its records are to take', async () => {
  const { runs, clock, asked } = world(() => 300);
  expect(await runs.upTo(plan, undefined, {}, cut(9, 9000))).toMatchObject({ epoch: 3 });
  expect(asked).toEqual([3000]);
  await runs.ran(plan, { '0': 500 }, cut(3, 3500), 1000);
  // Three thousand records by three hundred a second, less the second that it took.
  expect(await runs.upTo(plan, served(3), {}, cut(9, 9000))).toBeNull();
  await clock.advance(8999);
  expect(await runs.upTo(plan, served(3), {}, cut(9, 9000))).toBeNull();
  await clock.advance(1);
  expect(await runs.upTo(plan, served(3), {}, cut(9, 9000))).toMatchObject({ epoch: 6 });
});

test('a bound that is taken away ends the rest', async () => {
  let rate: number | null = 1;
  const { runs } = world(() => rate);
  await runs.ran(plan, {}, cut(3, 3000), 0);
  expect(await runs.upTo(plan, served(3), {}, cut(9, 9000))).toBeNull();
  rate = null;
  expect(await runs.upTo(plan, served(3), {}, cut(9, 9000))).toMatchObject({ epoch: 9 });
});

test('whoever goes on after another one ended rests for what that one may have read, and no longer', async () => {
  for (const [to, seconds] of [
    // Between two cuts there are a thousand records; a run is of ten seconds' where that is more.
    [2000, 10],
    [9000, 80],
  ] as const) {
    const { runs, clock } = world(() => 100);
    const pointer = served(2, clock.now() - 1000);
    const again = () => runs.upTo(plan, pointer, { '0': to }, cut(9, 9000));
    expect(await again()).toBeNull();
    await clock.advance(1000 * seconds - 1001);
    expect(await again()).toBeNull();
    await clock.advance(1);
    expect(await again()).toMatchObject({ epoch: 3 });
  }
  const { runs, clock } = world(() => 100);
  const ahead = served(2, clock.now() + 1e9);
  expect(await runs.upTo(plan, ahead, { '0': 2000 }, cut(9, 9000))).toBeNull();
  await clock.advance(10_000);
  expect(await runs.upTo(plan, ahead, { '0': 2000 }, cut(9, 9000))).toMatchObject({ epoch: 3 });
});
