/**
 * A product is added beside a busy one, with a history that it has to catch up with: the neighbour's own event before, while the
 * new product catches up, and after.
 */
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { Child, median, quantile } from './child';
import { call } from './http';
import { probing, seen, sleep } from './probing';
import type { Report } from './report';
import type { Topology } from './wide';
import { WIDE, cutWide, uploadWide, wideCatalog, wideLines } from './wide';

const ROUNDS = 3;
const HISTORY = Number(process.env.BENCH_EVENTS ?? 300_000);
const KEYS = 5000;
const PIECE = 10_000;
const LEAST_MS = 3000;
const WANTED = 1.2;

/** Milliseconds; of each round. */
interface Found {
  readonly before: number[];
  readonly during: number[];
  readonly after: number[];
  readonly longest: number[];
  readonly caughtUp: number[];
}

export async function benchAdding(directory: string, report: Report): Promise<void> {
  for (const topology of ['lambda', 'kappa'] as const) {
    const found: Found = { before: [], during: [], after: [], longest: [], caughtUp: [] };
    for (let round = 0; round < ROUNDS; round++)
      await run(`${directory}/adding/${topology}-${round}`, topology, found);
    const ratios = found.during.map((during, round) => during / (found.before[round] ?? NaN));
    const after = found.after.map((one, round) => one / (found.before[round] ?? NaN));
    const ratio = median(ratios);
    report.bound(
      `own event beside a product that catches up with ${HISTORY.toLocaleString('en-US')} events, ${topology}`,
      `${ratio.toFixed(2)} times`,
      `at most ${WANTED} times`,
      ratio <= WANTED,
      `p50 ${ms(found.before)} before, ${ms(found.during)} meanwhile (longest ${ms(found.longest)}), ` +
        `${median(after).toFixed(2)} times afterwards; caught up after ${ms(found.caughtUp)}; ` +
        `of each round ${ratios.map((one) => one.toFixed(2)).join(', ')}`,
    );
  }
}

const ms = (values: readonly number[]) => `${median(values).toFixed(0)} ms`;

async function run(directory: string, topology: Topology, found: Found): Promise<void> {
  const catalog = wideCatalog(directory, topology);
  const tenon = await Child.start('up', [`${directory}/data`, catalog]);
  const url = tenon.ready.url as string;
  const agent = new Agent({ keepAlive: true });
  try {
    let receipt = '';
    for (let at = 0; at < HISTORY; at += PIECE) receipt = await uploadWide(url, wideLines(at, PIECE, KEYS));
    await seen(agent, url, receipt);
    const generation = await cutWide(url);
    await untilProduct(agent, url, WIDE, (product) => product.generation >= generation);
    await probing(agent, url, LEAST_MS);
    const before = await probing(agent, url, LEAST_MS);
    for (const [ending, text] of [
      ['yaml', JSON.stringify({ topology })],
      ['sql', `SELECT k, sum(v) AS total, min(v) AS least FROM ${WIDE} GROUP BY k\n`],
    ] as const)
      writeFileSync(join(catalog, 'products', `added.${ending}`), text);
    const began = performance.now();
    await call(agent, `${url}/v1/reload`, '{}');
    let caughtUp = NaN;
    const isThere = untilProduct(agent, url, 'added', ({ included }) => sum(included) >= HISTORY).then(
      () => (caughtUp = performance.now() - began),
    );
    const during = await probing(agent, url, 0, isThere);
    const after = await probing(agent, url, LEAST_MS);
    found.before.push(quantile(before, 0.5));
    found.during.push(quantile(during, 0.5));
    found.longest.push(Math.max(...during));
    found.after.push(quantile(after, 0.5));
    found.caughtUp.push(caughtUp);
    console.log(
      `  ${topology}: p50 ${quantile(before, 0.5).toFixed(1)} ms before, ${quantile(during, 0.5).toFixed(1)} ms meanwhile ` +
        `(${during.length} probes, longest ${Math.max(...during).toFixed(0)} ms), ` +
        `${quantile(after, 0.5).toFixed(1)} ms after; caught up after ${caughtUp.toFixed(0)} ms`,
    );
  } finally {
    agent.destroy();
    await tenon.stop();
  }
}

interface Described {
  readonly generation: number;
  readonly included: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const sum = (included: Described['included']) =>
  Object.values(included)
    .flatMap((offsets) => Object.values(offsets))
    .reduce((all, one) => all + one, 0);

async function untilProduct(
  agent: Agent,
  url: string,
  name: string,
  isSo: (product: Described) => boolean,
): Promise<void> {
  for (;;) {
    const answer = await call(agent, `${url}/v1/products/${name}`);
    if (isSo(JSON.parse(answer) as Described)) return;
    await sleep(50);
  }
}
