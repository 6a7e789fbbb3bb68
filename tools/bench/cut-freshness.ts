/**
 * One's own event at a cut with 100,000 changed cells: from the POST to an answer that includes it, for events that are sent
 * from the cut until its generation is served; of the same product in Lambda and in Kappa.
 */
import { Agent } from 'node:http';
import type { Checkout } from './checkout';
import { Child, median, quantile } from './child';
import { call } from './http';
import { probing, seen, sleep } from './probing';
import type { Report } from './report';
import type { Topology } from './wide';
import { WIDE, cutWide, uploadWide, wideCatalog, wideLines } from './wide';

const ROUNDS = 3;
const CELLS = 100_000;
const PIECE = 10_000;
/** Probes go on for so long at least. */
const LEAST_MS = 3000;
const SETTLE_MS = 3000;
const TOPOLOGIES = ['lambda', 'kappa'] as const;

/** Milliseconds. */
interface Found {
  /** The longest wait before the cut. */
  readonly before: number[];
  readonly p50: number[];
  readonly max: number[];
  /** From the cut to its generation. */
  readonly served: number[];
}

export async function benchCutFreshness(
  directory: string,
  report: Report,
  against?: Checkout,
): Promise<void> {
  const codes = [undefined, ...(against ? [against] : [])];
  const all = codes.map((checkout) => ({ checkout, lambda: nothing(), kappa: nothing() }));
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, one] of all.entries())
      for (const topology of TOPOLOGIES)
        await run(`${directory}/cut-freshness/${round}-${index}`, topology, one[topology], one.checkout);
  for (const { checkout, lambda, kappa } of all) {
    const of = checkout ? `, the code of ${checkout.title}` : '';
    for (const [topology, found] of [
      ['Lambda', lambda],
      ['Kappa', kappa],
    ] as const)
      report.fact(
        `own event at a cut with 100,000 changed cells, ${topology}${of}`,
        `p50 ${ms(found.p50)}, longest ${ms(found.max)}`,
        `before the cut ${ms(found.before)} at the longest; served ${ms(found.served)} after the cut; ` +
          `longest of each round ${found.max.map((one) => one.toFixed(0)).join(', ')}`,
      );
    const [p50, max] = [median(kappa.p50) / median(lambda.p50), median(kappa.max) / median(lambda.max)];
    const what = `the longest in Kappa beside Lambda's${of}`;
    const note = `p50 ${p50.toFixed(2)} times`;
    if (checkout) report.fact(what, `${max.toFixed(2)} times`, note);
    else report.bound(what, `${max.toFixed(2)} times`, 'at most 1.25 times', max <= 1.25, note);
  }
}

const nothing = (): Found => ({ before: [], p50: [], max: [], served: [] });

const ms = (values: readonly number[]) => `${median(values).toFixed(0)} ms`;

async function run(directory: string, topology: Topology, found: Found, checkout?: Checkout): Promise<void> {
  const catalog = wideCatalog(directory, topology);
  const tenon = await Child.start('up', [`${directory}/${topology}`, catalog], checkout);
  const url = tenon.ready.url as string;
  try {
    let receipt = '';
    for (let at = 0; at < CELLS; at += PIECE) receipt = await uploadWide(url, wideLines(at, PIECE, CELLS));
    const agent = new Agent({ keepAlive: true });
    await seen(agent, url, receipt);
    // Batch archives what came, and what runs for the first time is compiled.
    await probing(agent, url, SETTLE_MS);
    const usual = await probing(agent, url, LEAST_MS);
    const began = performance.now();
    const generation = await cutWide(url);
    let served = NaN;
    const isServed = isServing(agent, url, generation).then(() => (served = performance.now() - began));
    const waits = await probing(agent, url, LEAST_MS, isServed);
    agent.destroy();
    found.before.push(Math.max(...usual));
    found.p50.push(quantile(waits, 0.5));
    found.max.push(Math.max(...waits));
    found.served.push(served);
    console.log(
      `  ${checkout?.title ?? 'this code'}, ${topology}: ${waits.length} probes, p50 ${quantile(waits, 0.5).toFixed(0)} ms, ` +
        `longest ${Math.max(...waits).toFixed(0)} ms, served after ${served.toFixed(0)} ms (before the cut p50 ${quantile(usual, 0.5).toFixed(0)}, ` +
        `longest ${Math.max(...usual).toFixed(0)} ms)`,
    );
  } finally {
    await tenon.stop();
  }
}

/** Resolves once it is served. */
async function isServing(agent: Agent, url: string, wanted: number): Promise<void> {
  for (;;) {
    const answer = await call(agent, `${url}/v1/products/${WIDE}`);
    if ((JSON.parse(answer) as { generation: number }).generation >= wanted) return;
    await sleep(50);
  }
}
