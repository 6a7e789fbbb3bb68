import { manualClock } from '../testing/manual-clock';
import { Pace } from './pace';

it('works in large pieces without rests while nobody sends events, and in small ones with rests while somebody does', async () => {
  const clock = manualClock();
  let sent = 0;
  const rests: number[] = [];
  const sleep = async (ms: number) => void rests.push(ms);
  const pace = new Pace({ monotonic: clock.monotonic, sleep }, () => sent, 0.25);
  const piece = async () => {
    const rows = pace.rows();
    await pace.rest(8);
    return [rows, rests.pop()];
  };
  expect(await piece()).toEqual([1_000, 0]);
  sent = 1;
  expect(await piece()).toEqual([500, 24]);
  await clock.advance(1_999);
  expect(await piece()).toEqual([500, 24]);
  await clock.advance(1);
  expect(await piece()).toEqual([1_000, 0]);
});
