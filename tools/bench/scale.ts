/**
 * All 3,000,000 flights through `tenon up`: memory stays bounded, the cost per event does not grow, and what is archived
 * is aggregated at the price of DuckDB alone.
 */
import { Child } from './child';
import { readFlights } from './flights';
import { format, type Report } from './report';

const TOTAL = Number(process.env.BENCH_EVENTS ?? 3_000_000);
const STEP = 100_000;
const CUT_EVERY = 500_000;

export async function benchScale(directory: string, report: Report): Promise<void> {
  const tenon = await Child.start('up', [`${directory}/scale`]);
  const url = tenon.ready.url as string;
  const costs: number[] = [];
  let anon = 0;
  const watch = setInterval(() => (anon = Math.max(anon, tenon.rssAnon())), 200);
  const began = performance.now();
  for (let at = 0; at < TOTAL; at += STEP) {
    const flights = await readFlights(at, STEP);
    const body = flights.map((flight) => `${JSON.stringify(flight)}\n`).join('');
    const usage = await tenon.measure(async () => {
      const response = await fetch(`${url}/v1/sources/flights/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body,
      });
      const { receipt } = (await response.json()) as { receipt: string };
      for (const product of ['airport_hours', 'delay_quantiles', 'routes'])
        await (
          await fetch(`${url}/v1/products/${product}/rows?limit=1&timeout=60000&after=${receipt}`)
        ).arrayBuffer();
    });
    costs.push((usage.cpu / STEP) * 1e6);
    process.stdout.write(
      `\r  ${((at + STEP) / 1e6).toFixed(1)} M events, ${costs.at(-1)?.toFixed(1)} µs CPU/event, RssAnon ${Math.round(anon / 2 ** 20)} MiB   `,
    );
    if ((at + STEP) % CUT_EVERY === 0) await cut(url);
  }
  process.stdout.write('\n');
  clearInterval(watch);
  const wall = (performance.now() - began) / 1000;
  await tenon.stop();
  const first = mean(costs.slice(0, 5));
  const last = mean(costs.slice(-5));
  report.fact(
    '3,000,000 flights through all five services, three products',
    `${format(TOTAL / wall)} events/s`,
    `${format(mean(costs))} µs of CPU per event without the cuts' batch runs`,
  );
  report.bound(
    'highest RssAnon of that run',
    `${Math.round(anon / 2 ** 20)} MiB`,
    'under 1024 MiB',
    anon < 2 ** 30,
  );
  report.bound(
    'CPU per event, last 500,000 against first 500,000',
    (last / first).toFixed(2),
    'at most 1.15',
    last / first <= 1.15,
    `${first.toFixed(1)} and ${last.toFixed(1)} µs`,
  );
}

async function cut(url: string): Promise<void> {
  const response = await fetch(`${url}/v1/cuts?wait=true&timeout=300000`, { method: 'POST' });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
