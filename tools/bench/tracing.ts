/**
 * What traces cost ingestion: CPU of its process per event, off, at 1 % and in full, in turn.
 *
 *     npx tsx tools/bench/tracing.ts [CHECKOUT]
 *
 * With the path of another checkout (one from before, say) that one's is measured beside them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import autocannon from 'autocannon';
import { Child, median } from './child';
import { readFlights } from './flights';

const ROUNDS = 9;
const SECONDS = 3;
const LINES = 50_000;

interface Variant {
  readonly title: string;
  /** Of the child, as `Child.start` takes it. */
  readonly child: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function main(other: string | undefined): Promise<void> {
  // Its CPU is that of this process, which is not measured.
  const receiver = createServer((request, response) => request.resume().on('end', () => response.end()));
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  const to = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}` };
  const sampled = (share: string) => ({
    ...to,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: share,
  });
  const variants: Variant[] = [
    { title: 'off', child: 'ingestion', environment: {} },
    { title: '1 % sampled', child: 'ingestion', environment: sampled('0.01') },
    { title: 'all sampled', child: 'ingestion', environment: to },
  ];
  if (other !== undefined) {
    const child = relative(join(__dirname, 'children'), resolve(other, 'tools/bench/children/ingestion'));
    // Else its imports would lead here.
    const environment = { TSX_TSCONFIG_PATH: resolve(other, 'tsconfig.json') };
    variants.unshift({ title: other, child, environment });
  }
  const directory = mkdtempSync(join(tmpdir(), 'tenon-bench-'));
  try {
    await compare(directory, variants);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    receiver.close();
    receiver.closeAllConnections();
  }
}

async function compare(directory: string, variants: readonly Variant[]): Promise<void> {
  const flights = (await readFlights(0, LINES)).map((flight) => JSON.stringify(flight));
  const lines = Buffer.from(flights.map((flight) => `${flight}\n`).join(''));
  const running = [];
  for (const [index, { title, child, environment }] of variants.entries()) {
    Object.assign(process.env, environment);
    running.push({
      title,
      child: await Child.start(child, [`${directory}/${index}`]),
      posts: [] as number[],
      lines: [] as number[],
    });
    for (const name of Object.keys(environment)) delete process.env[name];
  }
  for (const { child } of running) await posts(child, flights, 2);
  for (let round = 0; round < ROUNDS; round++)
    for (const one of running) {
      one.posts.push(await posts(one.child, flights, SECONDS));
      one.lines.push(await upload(one.child, lines));
    }
  // The least is the best guess at what it is when nothing else runs.
  for (const { title, posts, lines } of running)
    console.log(`${title}: µs of CPU per POST ${least(posts, 1)}; per NDJSON line ${least(lines, 2)}`);
  for (const { child } of running) await child.stop();
}

/** @returns µs of CPU per POST */
async function posts(child: Child, bodies: readonly string[], seconds: number): Promise<number> {
  let sent = 0;
  const { cpu } = await child.measure(async () => {
    const result = await autocannon({
      url: child.ready.url as string,
      connections: 64,
      duration: seconds,
      requests: bodies
        .slice(0, 100)
        .map((body) => ({ method: 'POST' as const, headers: { 'content-type': 'application/json' }, body })),
    });
    if (result.non2xx > 0 || result.errors > 0)
      throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
    sent = result['2xx'];
  });
  return (cpu / sent) * 1e6;
}

/** @returns µs of CPU per line */
async function upload(child: Child, body: Buffer): Promise<number> {
  const { cpu } = await child.measure(async () => {
    const response = await fetch(child.ready.url as string, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: new Uint8Array(body),
    });
    if (response.status !== 202) throw new Error(await response.text());
  });
  return (cpu / LINES) * 1e6;
}

function least(values: readonly number[], digits: number): string {
  const middle = median(values).toFixed(digits);
  return `${Math.min(...values).toFixed(digits)} (median ${middle} of ${values.length})`;
}

void main(process.argv[2]);
