/** Batch: the states of the whole archive against DuckDB alone running the original SQL on the same Parquet. */
import { Child, median } from './child';
import type { Report } from './report';

interface Result {
  readonly product: string;
  readonly cells: number;
  /** Milliseconds of each round. */
  readonly tenon: number[];
  readonly duck: number[];
  /** Milliseconds to land all cells. */
  readonly landing: number;
}

/** Needs the archive that `benchScale` leaves. */
export async function benchBatch(directory: string, report: Report): Promise<void> {
  const child = await Child.start('batch', [`${directory}/scale/lake`, `${directory}/batch`]);
  const results = child.ready.results as Result[];
  await child.stop();
  let sumTenon = 0;
  let sumDuck = 0;
  for (const { product, cells, tenon, duck, landing } of results) {
    const [a, b] = [median(tenon), median(duck)];
    sumTenon += a;
    sumDuck += b;
    report.bound(
      `batch, ${product}: states of 3,000,000 events`,
      `${Math.round(a)} ms, DuckDB alone ${Math.round(b)} ms`,
      'at most 1.3 times',
      a / b <= 1.3,
      `${(a / b).toFixed(2)} times; ${cells} cells, ${landed(cells, landing)}`,
    );
  }
  report.bound(
    'batch, all three products',
    `${Math.round(sumTenon)} ms, DuckDB alone ${Math.round(sumDuck)} ms`,
    'at most 1.3 times',
    sumTenon / sumDuck <= 1.3,
    `${(sumTenon / sumDuck).toFixed(2)} times`,
  );
}

/** Only where there is enough to land that its time is more than noise. */
function landed(cells: number, ms: number): string {
  return cells < 100_000
    ? 'too few to time the landing'
    : `landed at ${Math.round(cells / (ms / 1000)).toLocaleString('en-US')} cells/s`;
}
