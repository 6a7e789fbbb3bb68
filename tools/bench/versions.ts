/**
 * A version that is built beside the one that is served: how long that takes beside DuckDB alone over the same Parquet, what those who
 * ask and send meanwhile notice, how long both take to be compared beside DuckDB with two tables, and what a question of a cut before costs.
 */
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import { Child, median, quantile } from './child';
import { call } from './http';
import { probing, seen, sleep } from './probing';
import type { Report } from './report';
import { WIDE, cutWide, uploadWide, wideCatalog, wideLines } from './wide';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 1_000_000);
/** Rows of each version. */
const KEYS = Number(process.env['BENCH_KEYS'] ?? 500_000);
const PIECE = 20_000;
const LEAST_MS = 5000;
const ASK_EVERY_MS = 10;
const ROUNDS = 5;

const COLUMNS = ['count(*) AS n', 'avg(v) AS mean', 'max(v) AS most'];
const NEXT = ['count(*) AS n', 'avg(v) AS mean', 'max(v) FILTER (v < 990) AS most'];
const select = (columns: readonly string[], from: string) =>
  `SELECT k, ${columns.join(', ')} FROM ${from} GROUP BY k`;

export async function benchVersions(directory: string, report: Report): Promise<void> {
  const own = `${directory}/versions`;
  const catalog = wideCatalog(own, 'lambda');
  const tenon = await Child.start('up', [`${own}/data`, catalog]);
  const url = tenon.ready.url as string;
  const agent = new Agent({ keepAlive: true });
  try {
    let receipt = '';
    for (let at = 0; at < EVENTS; at += PIECE) receipt = await uploadWide(url, wideLines(at, PIECE, KEYS));
    await seen(agent, url, receipt);
    await untilServed(agent, url, await cutWide(url));
    // A cut before the served one, so that there is one to ask for.
    await untilServed(agent, url, await cutWide(url));
    await asOf(agent, url, report);
    const built = await rebuild(agent, url, catalog, report);
    await besideDuck(`${own}/data`, built, report);
    await diff(agent, url, tenon, `${own}/data`, report);
    await promote(agent, url, built, report);
  } finally {
    agent.destroy();
    await tenon.stop();
  }
}

interface Built {
  readonly ms: number;
  /** p99 of questions before, milliseconds. */
  readonly askedBefore: number;
}

/** Questions of one row at a steady rate. @returns milliseconds of each answer, and how many failed */
async function asking(agent: Agent, url: string, leastMs: number, until?: Promise<unknown>) {
  const took: number[] = [];
  let failed = 0;
  const waits: Promise<void>[] = [];
  let at = 0;
  const ask = async () => {
    const began = performance.now();
    try {
      await call(agent, `${url}/v1/products/${WIDE}/rows?k=k${(at++ * 7919) % KEYS}`);
      took.push(performance.now() - began);
    } catch {
      failed += 1;
    }
  };
  const timer = setInterval(() => waits.push(ask()), ASK_EVERY_MS);
  await Promise.all([sleep(leastMs), until]).finally(() => clearInterval(timer));
  await Promise.all(waits);
  return { took, failed };
}

async function rebuild(agent: Agent, url: string, catalog: string, report: Report): Promise<Built> {
  const askedBefore = await asking(agent, url, LEAST_MS);
  const probedBefore = await probing(agent, url, LEAST_MS);
  writeFileSync(join(catalog, 'products', `${WIDE}.sql`), `${select(NEXT, WIDE)}\n`);
  writeFileSync(
    join(catalog, 'products', `${WIDE}.yaml`),
    JSON.stringify({ topology: 'lambda', version: 2 }),
  );
  const began = performance.now();
  let ms = NaN;
  const applied = call(agent, `${url}/v1/apply`, '{}');
  const ready = applied
    .then(() => untilState(agent, url, 'ready'))
    .then(() => (ms = performance.now() - began));
  const [asked, probed] = await Promise.all([
    asking(agent, url, LEAST_MS, ready),
    probing(agent, url, LEAST_MS, ready),
  ]);
  report.fact(
    `a version of ${n(KEYS)} rows from ${n(EVENTS)} events of the archive, beside the served one, until it is ready`,
    `${ms.toFixed(0)} ms`,
    'while questions and events come in',
  );
  const [p99, before] = [quantile(asked.took, 0.99), quantile(askedBefore.took, 0.99)];
  report.bound(
    'p99 of questions while a version is built',
    `${(p99 / before).toFixed(2)} times`,
    'at most 2 times, none failed',
    p99 / before <= 2 && asked.failed === 0,
    `${before.toFixed(1)} ms before, ${p99.toFixed(1)} ms meanwhile; p50 ${quantile(askedBefore.took, 0.5).toFixed(1)} and ${quantile(asked.took, 0.5).toFixed(1)} ms; ${asked.failed} of ${asked.took.length + asked.failed} failed`,
  );
  const [fresh, freshBefore] = [quantile(probed, 0.5), quantile(probedBefore, 0.5)];
  report.bound(
    'own event at the served version while another is built',
    `${(fresh / freshBefore).toFixed(2)} times`,
    'at most 1.2 times',
    fresh / freshBefore <= 1.2,
    `p50 ${freshBefore.toFixed(1)} ms before, ${fresh.toFixed(1)} ms meanwhile (longest ${Math.max(...probed).toFixed(0)} ms)`,
  );
  return { ms, askedBefore: before };
}

const parquet = (data: string) =>
  `(SELECT k, v FROM read_parquet('${data}/lake/archive/${WIDE}/*/*.parquet', hive_partitioning = false, union_by_name = true) WHERE __mark = 'event')`;

async function withDuck<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return median(times);
}

async function besideDuck(data: string, { ms }: Built, report: Report): Promise<void> {
  const alone = await withDuck((connection) =>
    timed(() => connection.run(`CREATE OR REPLACE TEMP TABLE a AS ${select(NEXT, parquet(data))}`)),
  );
  report.bound(
    'the same SELECT by DuckDB alone over the same Parquet',
    `${alone.toFixed(0)} ms`,
    'a rebuild at most 1.5 times, plus landing',
    (ms - alone) / alone <= 0.5,
    `the rest of the rebuild, ${(ms - alone).toFixed(0)} ms, is landing ${n(KEYS)} cells (${n(Math.round(KEYS / ((ms - alone) / 1000)))} a second), starting and catching up with what came since`,
  );
}

/** What a diff says, of two tables: the counts, the columns, and a hundred rows that differ most. */
const BY_DUCK = [
  `SELECT count(*) FILTER (a.k IS NULL), count(*) FILTER (b.k IS NULL), count(*) FILTER (a.n IS DISTINCT FROM b.n),
     count(*) FILTER (a.mean IS DISTINCT FROM b.mean), count(*) FILTER (a.most IS DISTINCT FROM b.most),
     max(abs(a.n - b.n)), max(abs(a.mean - b.mean)), max(abs(a.most - b.most))
   FROM a FULL JOIN b ON a.k = b.k`,
  `SELECT * FROM a FULL JOIN b ON a.k = b.k
   WHERE a.k IS NULL OR b.k IS NULL OR (a.n, a.mean, a.most) IS DISTINCT FROM (b.n, b.mean, b.most)
   ORDER BY abs(coalesce(a.most, 0) - coalesce(b.most, 0)) DESC LIMIT 100`,
];

async function diff(agent: Agent, url: string, tenon: Child, data: string, report: Report): Promise<void> {
  const before = tenon.rssAnon();
  let most = before;
  const own = { ms: [] as number[], cpu: [] as number[] };
  const duck = { ms: [] as number[], cpu: [] as number[] };
  let counts = { same: 0, changed: 0 };
  const watch = setInterval(() => (most = Math.max(most, tenon.rssAnon())), 50);
  await withDuck(async (connection) => {
    await connection.run(`CREATE TEMP TABLE a AS ${select(COLUMNS, parquet(data))}`);
    await connection.run(`CREATE TEMP TABLE b AS ${select(NEXT, parquet(data))}`);
    for (let round = 0; round <= ROUNDS; round++) {
      const [began, spent] = [performance.now(), 1000 * tenon.cpu()];
      const answer = await call(agent, `${url}/v1/products/${WIDE}/diff?a=1&b=2`);
      const [ms, cpu] = [performance.now() - began, 1000 * tenon.cpu() - spent];
      ({ counts } = JSON.parse(answer) as { counts: typeof counts });
      const [duckBegan, duckSpent] = [performance.now(), ownCpuMs()];
      for (const sql of BY_DUCK) await connection.runAndReadAll(sql);
      const [duckMs, duckCpu] = [performance.now() - duckBegan, ownCpuMs() - duckSpent];
      // The first one warms up.
      if (round === 0) continue;
      own.ms.push(ms);
      own.cpu.push(cpu);
      duck.ms.push(duckMs);
      duck.cpu.push(duckCpu);
    }
  });
  clearInterval(watch);
  const [ratio, cpuRatio] = [median(own.ms) / median(duck.ms), median(own.cpu) / median(duck.cpu)];
  report.bound(
    `diff of two versions of ${n(KEYS)} rows each`,
    `${median(own.ms).toFixed(0)} ms, DuckDB with both as tables in memory ${median(duck.ms).toFixed(0)} ms`,
    'at most 3 times',
    ratio <= 3,
    `${ratio.toFixed(1)} times, in CPU time ${cpuRatio.toFixed(1)} times (${median(own.cpu).toFixed(0)} ms, of DuckDB ${median(duck.cpu).toFixed(0)} ms in two threads); ${n(counts.same)} the same, ${n(counts.changed)} changed; memory grew by ${((most - before) / 1e6).toFixed(0)} MB meanwhile`,
  );
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function promote(agent: Agent, url: string, { askedBefore }: Built, report: Report): Promise<void> {
  const done = call(agent, `${url}/v1/products/${WIDE}/promote`, '').then(() => sleep(1000));
  const { took, failed } = await asking(agent, url, 0, done);
  const p99 = quantile(took, 0.99);
  report.bound(
    'p99 of questions during a promote and the second after it',
    `${(p99 / askedBefore).toFixed(2)} times`,
    'at most 2 times, none failed',
    p99 / askedBefore <= 2 && failed === 0,
    `${p99.toFixed(1)} ms; ${failed} of ${took.length + failed} failed`,
  );
}

async function asOf(agent: Agent, url: string, report: Report): Promise<void> {
  const { generations } = JSON.parse(await call(agent, `${url}/v1/products/${WIDE}/generations`)) as {
    generations: { generation: number; line: number }[];
  };
  const before = generations[1] as (typeof generations)[number];
  const pageOf = (round: number, query: string) =>
    call(agent, `${url}/v1/products/${WIDE}/rows?limit=500&${query}`).then(() => round);
  const rowOf = (round: number, query: string) =>
    call(agent, `${url}/v1/products/${WIDE}/rows?k=k${(round * 7919) % KEYS}&${query}`).then(() => round);
  for (const [what, ask] of [
    ['a page of 500 rows, again and again,', pageOf],
    ['one row, another one each time,', rowOf],
  ] as const) {
    const took = { now: [] as number[], then: [] as number[] };
    for (let round = 0; round < 300; round++)
      for (const [name, query] of [
        ['now', 'layer=batch'],
        ['then', `asOf=${before.generation}@${before.line}`],
      ] as const) {
        const began = performance.now();
        await ask(round, query);
        if (round >= 50) took[name].push(performance.now() - began);
      }
    const ratio = median(took.then) / median(took.now);
    report.bound(
      `${what} of the generation before the served one`,
      `${ratio.toFixed(2)} times one of now`,
      'at most 1.2 times',
      ratio <= 1.2,
      `p50 ${median(took.now).toFixed(2)} ms now, ${median(took.then).toFixed(2)} ms then`,
    );
  }
}

const n = (count: number) => count.toLocaleString('en-US');

interface Described {
  readonly generation: number;
  readonly versions: readonly { readonly version: number; readonly state: string }[];
}

const described = async (agent: Agent, url: string) =>
  JSON.parse(await call(agent, `${url}/v1/products/${WIDE}`)) as Described;

async function untilServed(agent: Agent, url: string, generation: number): Promise<void> {
  while ((await described(agent, url)).generation < generation) await sleep(20);
}

async function untilState(agent: Agent, url: string, state: string): Promise<void> {
  const isSo = ({ versions }: Described) => versions.some((one) => one.version === 2 && one.state === state);
  while (!isSo(await described(agent, url))) await sleep(20);
}
