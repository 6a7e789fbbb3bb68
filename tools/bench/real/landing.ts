/** Landing on Kafka and MongoDB: states that speed and batch have written wait in Kafka, and consumption alone lands them. */
import { TOPICS } from '@tenon/contracts';
import type { Flight } from '../flights';
import type { Checkout } from '../checkout';
import { launch, startService } from './bundles';
import type { Service } from './bundles';
import type { Lab } from './lab';
import type { SpeedRun } from './speed';

/** As many cells as there are airports, each event of one; three measures. */
const productSql = (source: string) =>
  `SELECT origin, count(*) AS flights, avg(delay) AS avg_delay, max(distance) AS miles FROM ${source} GROUP BY origin\n`;

export interface Amounts {
  readonly epochs: number;
  /** Events of an epoch, each of another airport. */
  readonly cells: number;
}

/** The code that is measured. */
export interface Contender {
  readonly name: string;
  readonly source: string;
  readonly checkout?: Checkout;
}

const PIECE = 50_000;
const LOOK_EVERY_MS = 25;
const PATIENCE_MS = 120_000;

/** Uploads the events and makes a cut after each epoch's, through the contender's own ingestion. @returns the last epoch */
export async function fillSource(
  lab: Lab,
  contender: Contender,
  { epochs, cells }: Amounts,
): Promise<number> {
  const { source } = contender;
  const { process: ingestion, url } = await start('ingestion', lab, contender, `${source}_fill`);
  let epoch = 0;
  for (let round = 0; round < epochs; round++) {
    for (let at = 0; at < cells; at += PIECE)
      await post(`${url}/v1/sources/${source}/events`, linesOf(at, Math.min(PIECE, cells - at)));
    epoch = ((await post(`${url}/v1/cuts`)) as { epoch: number }).epoch;
  }
  await ingestion.stop();
  return epoch;
}

function linesOf(from: number, count: number): string {
  let lines = '';
  for (let at = from; at < from + count; at++) {
    const origin = `A${String(at).padStart(6, '0')}`;
    const flight: Flight = {
      ...{ date: '2001-01-01T00:00:00Z', delay: at % 60, distance: at % 1000, origin, destination: 'SEA' },
    };
    lines += `${JSON.stringify(flight)}\n`;
  }
  return lines;
}

/** Lets speed write its flushes of the whole log, and measures consumption until answers include all of it. */
export async function landFlushes(lab: Lab, contender: Contender, product: string): Promise<SpeedRun> {
  const { source } = contender;
  const speed = await start('speed', lab, contender, product);
  const end = sum(await lab.log.endOffsets(TOPICS.events(source)));
  await until(async () => (await positionOf(speed, source)) >= end);
  // It ends once its flushes are in the log.
  await speed.process.stop();
  return land(lab, contender, product, ({ behind }) => behind === 0);
}

/**
 * Range after range, each on what has landed of the one before: lets batch write it, and measures consumption until it is
 * served. The source is this product's only, as batch makes a run of what it finds.
 */
export async function landRanges(
  lab: Lab,
  contender: Contender,
  product: string,
  { epochs, cells }: Amounts,
): Promise<SpeedRun> {
  const runs: SpeedRun[] = [];
  for (let round = 0; round < epochs; round++) {
    const epoch = await fillSource(lab, contender, { epochs: 1, cells });
    const { process: batch } = begin('batch', lab, contender, product);
    await batch.line((line) => line.includes('batch run handed over') || undefined);
    await batch.stop();
    runs.push(await land(lab, contender, product, ({ generation }) => generation >= epoch));
  }
  const total = (value: (run: SpeedRun) => number) => runs.reduce((sum, run) => sum + value(run), 0);
  return {
    ...{ cpu: total(({ cpu }) => cpu), wall: total(({ wall }) => wall) },
    startup: total(({ startup }) => startup) / epochs,
    memory: Math.max(...runs.map(({ memory }) => memory)),
  };
}

interface Served {
  readonly generation: number;
  readonly behind: number;
}

async function land(
  lab: Lab,
  contender: Contender,
  product: string,
  isWanted: (served: Served) => boolean,
): Promise<SpeedRun> {
  const serving = await start('serving', lab, contender, product);
  const { process: consumption } = begin('consumption', lab, contender, product);
  try {
    await consumption.line((line) => line.includes('consumption reads a partition') || undefined);
    const startup = consumption.cpu();
    const since = consumption.meter();
    await until(async () => {
      consumption.check();
      return isWanted((await get(`${serving.url}/v1/products/${product}`)) as Served);
    });
    return { ...since(), startup, memory: consumption.peakMemory() };
  } finally {
    await consumption.stop();
    await serving.process.stop();
  }
}

/** Events that the answers of a product hold, by its ledger. */
export async function aggregated(lab: Lab, contender: Contender, product: string): Promise<number> {
  const serving = await start('serving', lab, contender, product);
  const { products } = (await get(`${serving.url}/v1/ledger`)) as { products: { aggregated: number }[] };
  await serving.process.stop();
  return products.reduce((total, one) => total + one.aggregated, 0);
}

type Name = Parameters<typeof launch>[0];

const begin = (service: Name, lab: Lab, { source, checkout }: Contender, product: string) =>
  launch(service, lab.settings(source, product, productSql), [], checkout?.directory);

const start = (service: Name, lab: Lab, { source, checkout }: Contender, product: string) =>
  startService(service, lab.settings(source, product, productSql), [], checkout?.directory);

/** How far speed has read, all partitions together. */
async function positionOf({ url }: Service, source: string): Promise<number> {
  const { services } = (await get(`${url}/v1/status`)) as {
    services: { name: string; partitions?: Record<string, Record<string, number>> }[];
  };
  const speed = services.find(
    ({ name, partitions }) => name === 'speed' && partitions?.[TOPICS.events(source)],
  );
  return sum(speed?.partitions?.[TOPICS.events(source)] ?? {});
}

const sum = (offsets: Readonly<Record<string, number>>) =>
  Object.values(offsets).reduce((total, next) => total + next, 0);

/** @throws Error if it takes too long */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`It is not so after ${PATIENCE_MS / 1000} s.`);
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
}

async function get(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

async function post(url: string, lines?: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    ...(lines !== undefined && { headers: { 'content-type': 'application/x-ndjson' }, body: lines }),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}
