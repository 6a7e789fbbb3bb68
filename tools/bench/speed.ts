/** Speed: consume, aggregate and flush, against a hand-written loop over the same log; events per CPU-second. */
import { Child, median } from './child';
import { readFlights } from './flights';
import type { Report } from './report';

const EVENTS = 400_000;
const ROUNDS = 3;

export async function benchSpeed(directory: string, report: Report): Promise<void> {
  const log = `${directory}/speed-log`;
  await fill(log);
  const speed: number[] = [];
  const all: number[] = [];
  const loop: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    speed.push(await run('speed', [log, `${directory}/speed-${round}`, 'airport_hours']));
    loop.push(await run('loop', [log]));
    all.push(
      await run('speed', [log, `${directory}/speed-all-${round}`, 'airport_hours,delay_quantiles,routes']),
    );
  }
  report.ratio(
    'speed layer, one product (airport_hours)',
    median(speed),
    median(loop),
    'events/CPU-s',
    'JSON.parse and a Map on the same log',
    1.0,
    'deduplication and flushes included',
  );
  report.fact(
    'speed layer, all three products',
    `${Math.round(median(all)).toLocaleString('en-US')} events/CPU-s`,
  );
}

async function fill(log: string): Promise<void> {
  const ingestion = await Child.start('ingestion', [log]);
  const flights = await readFlights(0, EVENTS);
  const body = flights.map((flight) => `${JSON.stringify(flight)}\n`).join('');
  const response = await fetch(ingestion.ready.url as string, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
  if (response.status !== 202) throw new Error(await response.text());
  await response.json();
  await ingestion.stop();
}

async function run(name: string, args: readonly string[]): Promise<number> {
  const child = await Child.start(name, args);
  const { cpu } = (await child.ask('go')) as { cpu: number };
  await child.stop();
  return EVENTS / cpu;
}
