import { createManualClock } from '@tenon/testing';
import { limitOutage } from './outage-limit';

function begin() {
  const clock = createManualClock();
  const ends: string[] = [];
  let away: string[] = [];
  const limit = limitOutage({
    ...{ clock, limitMs: 10_000, away: () => away },
    failed: ({ code, message }) => void ends.push(`${code}: ${message}`),
  });
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) await clock.advance(1000);
  };
  return { ends, limit, pass, away: (...reasons: string[]) => void (away = reasons) };
}

test('an outage that lasts as long as the limit ends the process, once, and says what is away', async () => {
  const { ends, limit, pass, away } = begin();
  await pass(30);
  away('log: no answer');
  await pass(10);
  expect(ends).toEqual([]);
  away('log: no answer', 'store: no answer');
  await pass(20);
  expect(ends).toEqual(['outage-limit: Away for 10 s: log: no answer; store: no answer.']);
  await limit.close();
});

test('outages with a break between them are none that lasts', async () => {
  const { ends, limit, pass, away } = begin();
  for (let i = 0; i < 5; i++) {
    away('store: no answer');
    await pass(8);
    away();
    await pass(2);
  }
  expect(ends).toEqual([]);
  await limit.close();
});
