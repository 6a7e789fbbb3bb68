import type { CompleteCut } from '@tenon/archive';
import type { Plan } from '@tenon/domain';
import { createManualClock } from '@tenon/testing';
import { ThrottledRuns } from './throttled';

const plan = { product: 'sales', version: 2 } as Plan;
const cut = (epoch: number, records: number): CompleteCut => ({
  ...{ epoch, full: false, epochs: new Map([[0, epoch]]) },
  offsets: new Map([[0, records]]),
});

/** A cut after each thousand records. */
function world(rate: () => number | null) {
  const clock = createManualClock();
  const asked: number[] = [];
  const cutWithin = (after: number, _: object, most: number) => {
    asked.push(most);
    return Promise.resolve(cut(after + Math.max(1, Math.floor(most / 1000)), 0));
  };
  return { clock, asked, runs: new ThrottledRuns(clock, async () => rate(), { cutWithin }) };
}

test('without a bound a run goes as far as it can', async () => {
  const { runs, asked } = world(() => null);
  const latest = cut(9, 9000);
  expect(await runs.upTo(plan, 0, {}, latest)).toBe(latest);
  expect(asked).toEqual([]);
});

test('a run goes up to a cut some seconds away, and rests for as long as its records are to take', async () => {
  const { runs, clock, asked } = world(() => 300);
  expect(await runs.upTo(plan, 0, {}, cut(9, 9000))).toMatchObject({ epoch: 3 });
  expect(asked).toEqual([3000]);
  await runs.ran(plan, { '0': 500 }, cut(3, 3500), 1000);
  // Three thousand records by three hundred a second, less the second that it took.
  expect(await runs.upTo(plan, 3, {}, cut(9, 9000))).toBeNull();
  await clock.advance(8999);
  expect(await runs.upTo(plan, 3, {}, cut(9, 9000))).toBeNull();
  await clock.advance(1);
  expect(await runs.upTo(plan, 3, {}, cut(9, 9000))).toMatchObject({ epoch: 6 });
});

test('a bound that is taken away ends the rest', async () => {
  let rate: number | null = 1;
  const { runs } = world(() => rate);
  await runs.ran(plan, {}, cut(3, 3000), 0);
  expect(await runs.upTo(plan, 3, {}, cut(9, 9000))).toBeNull();
  rate = null;
  expect(await runs.upTo(plan, 3, {}, cut(9, 9000))).toMatchObject({ epoch: 9 });
});
