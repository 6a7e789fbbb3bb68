/** Ingest: single POSTs (64 connections) and NDJSON, against a bare server on the same log. Pairs, in turn. */
import autocannon from 'autocannon';
import { Child, median } from './child';
import { readFlights } from './flights';
import type { Report } from './report';

const ROUNDS = 3;
const SECONDS = 5;
const LINES = 200_000;

export async function benchIngest(directory: string, report: Report): Promise<void> {
  const flights = await readFlights(0, LINES);
  const bodies = flights.slice(0, 100).map((flight) => JSON.stringify(flight));
  const ndjson = Buffer.from(flights.map((flight) => `${JSON.stringify(flight)}\n`).join(''));
  const tenon = await Child.start('ingestion', [`${directory}/ingest`]);
  const bare = await Child.start('bare', [`${directory}/bare`]);
  const single = { tenon: [] as number[], bare: [] as number[], cpu: [] as number[] };
  const lines = { tenon: [] as number[], bare: [] as number[], cpu: [] as number[] };
  await posts(tenon, bodies, 2);
  await posts(bare, bodies, 2);
  for (let round = 0; round < ROUNDS; round++) {
    const a = await posts(tenon, bodies, SECONDS);
    const b = await posts(bare, bodies, SECONDS);
    single.tenon.push(a.perSecond);
    single.bare.push(b.perSecond);
    single.cpu.push(a.perCpuSecond / b.perCpuSecond);
    const c = await upload(tenon, ndjson);
    const d = await upload(bare, ndjson);
    lines.tenon.push(c.perSecond);
    lines.bare.push(d.perSecond);
    lines.cpu.push(c.perCpuSecond / d.perCpuSecond);
  }
  await tenon.stop();
  await bare.stop();
  report.ratio(
    'single POST, 64 connections, durable',
    median(single.tenon),
    median(single.bare),
    'POST/s',
    'bare node:http on the same log',
    0.6,
    `per CPU-second of the server ${median(single.cpu).toFixed(2)}`,
  );
  report.ratio(
    'NDJSON upload, durable',
    median(lines.tenon),
    median(lines.bare),
    'events/s',
    'bare node:http on the same log',
    0.6,
    `per CPU-second of the server ${median(lines.cpu).toFixed(2)}`,
  );
}

async function posts(child: Child, bodies: readonly string[], seconds: number) {
  let sent = 0;
  const usage = await child.measure(async () => {
    const result = await autocannon({
      url: child.ready.url as string,
      connections: 64,
      duration: seconds,
      requests: bodies.map((body) => ({
        method: 'POST' as const,
        headers: { 'content-type': 'application/json' },
        body,
      })),
    });
    if (result.non2xx > 0 || result.errors > 0)
      throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
    sent = result['2xx'];
  });
  return { perSecond: sent / usage.wall, perCpuSecond: sent / usage.cpu };
}

async function upload(child: Child, body: Buffer) {
  const usage = await child.measure(async () => {
    const response = await fetch(child.ready.url as string, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: new Uint8Array(body),
    });
    const answer = (await response.json()) as { accepted: number };
    if (answer.accepted !== LINES) throw new Error(`accepted ${answer.accepted} of ${LINES}`);
  });
  return { perSecond: LINES / usage.wall, perCpuSecond: LINES / usage.cpu };
}
