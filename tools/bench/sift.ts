/** Sifting: events that a product cannot take, beside the same events without them, by turns; in CPU time, so that a busy machine says the same. */
import { Child, median } from './child';
import type { Report } from './report';

export const GOOD = 100_000;
export const FAILING = 4_000;
const ROUNDS = 5;

export interface SiftCase {
  readonly name: string;
  /** An aggregate that fails on `bad`. */
  readonly sql: string;
  readonly good: object;
  readonly bad: object;
}

export const SIFT_CASES: readonly SiftCase[] = [
  { name: 'a cast', sql: 'sum(s::INTEGER)', good: { s: '7' }, bad: { s: 'seven' } },
  {
    name: 'a time zone that is none',
    sql: 'max(timezone(s, event_time))',
    good: { s: 'Europe/Berlin' },
    bad: { s: 'Mars/Phobos' },
  },
  {
    name: 'a reduction of nothing',
    sql: 'sum(list_reduce(l, lambda a, b: a + b))',
    good: { l: [1, 2] },
    bad: { l: [] },
  },
  {
    name: 'a bucket of no width',
    sql: 'max(time_bucket(to_minutes(i), event_time))',
    good: { i: 5 },
    bad: { i: 0 },
  },
];

export async function benchSift(_directory: string, report: Report): Promise<void> {
  const child = await Child.start('sift', []);
  for (const { name } of SIFT_CASES) {
    const run = async (failing: number): Promise<number> => {
      const { ms, refused } = await child.ask({ name, failing });
      if (refused !== failing) throw new Error(`${name}: ${String(refused)} of ${failing} were refused.`);
      return ms as number;
    };
    const [without, beside]: [number[], number[]] = [[], []];
    await run(0);
    for (let round = 0; round < ROUNDS; round++) {
      without.push(await run(0));
      beside.push(await run(FAILING));
    }
    const ratio = median(beside) / median(without);
    report.bound(
      `${FAILING.toLocaleString('en-US')} events that ${name} fails on, beside ${GOOD.toLocaleString('en-US')} good ones`,
      `${median(beside).toFixed(0)} ms of CPU time, without ${median(without).toFixed(0)} ms`,
      'at most 2 times',
      ratio <= 2,
      `${ratio.toFixed(2)} times; micro-batches of 20,000`,
    );
  }
  await child.stop();
}
