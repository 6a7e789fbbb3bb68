/** Questions while batch is away: what one for 10 rows takes after more and more cuts, asked in turn. */
import { Child, median } from './child';
import type { Report } from './report';

const CUTS = [1, 60, 1000];
const WANTED = 3;

export async function benchAway(directory: string, report: Report): Promise<void> {
  const child = await Child.start('away', [`${directory}/away`, ...CUTS.map(String)]);
  const { times } = child.ready as { times: number[][] };
  await child.stop();
  const [first = NaN, ...others] = times.map(median);
  others.forEach((one, index) => {
    const cuts = (CUTS[index + 1] as number).toLocaleString('en-US');
    report.bound(
      `10 rows after ${cuts} cuts with batch away, p50`,
      `${one.toFixed(2)} ms, after one cut ${first.toFixed(2)} ms`,
      `at most ${WANTED} times`,
      one <= WANTED * first,
      `${(one / first).toFixed(2)} times; 4 lanes, 10 cells each per cut, something lands between two questions`,
    );
  });
}
