/**
 * Serving: questions of 1, 48 and 1,000 rows per CPU-second, beside a bare node:http server that reads as many rows of equal
 * size from the same lmdb by their keys and writes the same JSON; over few cells and over many.
 */
import { rmSync } from 'node:fs';
import autocannon from 'autocannon';
import { Child, median } from './child';
import { hourOf, siteAt, siteOf } from './children/serving-store';
import type { Report } from './report';
import { format } from './report';

const HOURS = 1_000;
const SIZES = (process.env.BENCH_CELLS ?? '10000,1000000').split(',').map(Number);
const ROUNDS = 3;
const SECONDS = 2;
const CONNECTIONS = 32;
/** Answers before a kind is measured: below ten thousand the code is still being compiled, at a third of its later speed. */
const WARM = 15_000;

/** Different questions of a kind, which are asked in turn. */
const QUESTIONS = 500;

interface Kind {
  readonly what: string;
  readonly rows: number;
  tenon(turn: number, sites: number): string;
  bare(turn: number, sites: number): string;
}

const hourAt = (turn: number, room: number) => HOURS - 1 - ((turn * 31) % Math.max(1, HOURS - room));

const bare = (rows: number) => (turn: number, sites: number) =>
  `/${siteAt(turn, sites)}/${hourAt(turn, rows)}/${rows}`;

const series = (rows: number): Kind => ({
  what: `${rows} of a site, newest first`,
  rows,
  tenon: (turn, sites) => `?site=${siteOf(siteAt(turn, sites))}&order=desc&limit=${rows}`,
  bare: bare(rows),
});

const windows = (rows: number): Kind => ({
  what: `${rows} of all sites from an hour on`,
  rows,
  tenon: (turn, sites) =>
    `?from=${hourOf(hourAt(turn, Math.ceil(rows / sites) + 1) - Math.ceil(rows / sites))}&limit=${rows}`,
  bare: bare(rows),
});

const cell: Kind = {
  what: 'one cell, by all of its keys',
  rows: 1,
  tenon: (turn, sites) => `?window_start=${hourOf(hourAt(turn, 1))}&site=${siteOf(siteAt(turn, sites))}`,
  bare: bare(1),
};

const KINDS = [cell, series(1), series(48), series(1_000), windows(1), windows(48), windows(1_000)];

export async function benchServing(directory: string, report: Report): Promise<void> {
  const first: First = new Map();
  for (const cells of SIZES) {
    const data = `${directory}/serving-${cells}`;
    const fill = await Child.start('serving', ['fill', data, String(cells)]);
    await fill.stop();
    const tenon = await Child.start('serving', ['tenon', data]);
    const other = await Child.start('serving', ['bare', data]);
    for (const kind of KINDS) {
      const found = { tenon: [] as number[], bare: [] as number[] };
      const own = urls(kind.tenon, `/v1/products/readings/rows`, cells / HOURS);
      const theirs = urls(kind.bare, '', cells / HOURS);
      await warm(tenon, own, kind.rows);
      await warm(other, theirs, kind.rows);
      for (let round = 0; round < ROUNDS; round++) {
        found.tenon.push(await ask(tenon, own, SECONDS));
        found.bare.push(await ask(other, theirs, SECONDS));
      }
      const rate = median(found.tenon);
      const note = growth(first, kind.what, rate);
      report.ratio(
        `${format(cells)} cells: ${kind.what}`,
        ...([
          rate,
          median(found.bare),
          'answers/CPU-s',
          'bare node:http on the same lmdb',
          0.5,
          note,
        ] as const),
      );
    }
    await unchanged(tenon, other, cells, report);
    await tenon.stop();
    await other.stop();
    await unkept(data, cells, report, first);
    rmSync(data, { recursive: true });
  }
}

/** What the smallest size gave, by what was asked. */
type First = Map<string, number>;

function growth(first: First, what: string, rate: number): string {
  const before = first.get(what);
  if (before === undefined) {
    first.set(what, rate);
    return '';
  }
  return `${(before / rate).toFixed(2)} times the cost at ${format(SIZES[0] as number)} (at most 1.2)`;
}

/** The same questions where nothing is kept from one to the next: what reading, merging and finalizing cost. */
async function unkept(data: string, cells: number, report: Report, first: First): Promise<void> {
  const tenon = await Child.start('serving', ['unkept', data]);
  for (const kind of KINDS) {
    const own = urls(kind.tenon, `/v1/products/readings/rows`, cells / HOURS);
    await warm(tenon, own, kind.rows * 10);
    const found: number[] = [];
    for (let round = 0; round < ROUNDS; round++) found.push(await ask(tenon, own, SECONDS));
    const what = `nothing kept: ${kind.what}`;
    const rate = median(found);
    report.fact(
      `${format(cells)} cells, ${what}`,
      `${format(rate)} answers/CPU-s`,
      growth(first, what, rate),
    );
  }
  await tenon.stop();
}

/** A question whose answer its asker has already: no row is read for it. */
async function unchanged(tenon: Child, other: Child, cells: number, report: Report): Promise<void> {
  const [path = ''] = urls(cell.tenon, `/v1/products/readings/rows`, cells / HOURS);
  const [theirs = ''] = urls(cell.bare, '', cells / HOURS);
  const known = { 'if-none-match': await tagOf(tenon, path) };
  const knownThere = { 'if-none-match': await tagOf(other, theirs) };
  const found = { tenon: [] as number[], bare: [] as number[] };
  await warm(tenon, [path], 1, known);
  await warm(other, [theirs], 1, knownThere);
  for (let round = 0; round < ROUNDS; round++) {
    found.tenon.push(await ask(tenon, [path], SECONDS, known));
    found.bare.push(await ask(other, [theirs], SECONDS, knownThere));
  }
  const against = 'bare node:http that reads the row and compares its checksum';
  const figures = [median(found.tenon), median(found.bare), 'answers/CPU-s', against, 0.8] as const;
  report.ratio(`${format(cells)} cells: 304, nothing new`, ...figures);
}

const tagOf = async (child: Child, path: string): Promise<string> => {
  const headers = { 'if-none-match': '"none"' };
  const answer = await fetch(`${child.ready.url as string}${path}`, { headers });
  return answer.headers.get('etag') ?? '';
};

const urls = (of: (turn: number, sites: number) => string, path: string, sites: number) =>
  Array.from({ length: QUESTIONS }, (_, turn) => `${path}${of(turn, sites)}`);

/** By answers and not by time: on a machine that others use a second may be a thousand of them, or twenty thousand. */
async function warm(
  child: Child,
  paths: readonly string[],
  rows: number,
  headers?: Record<string, string>,
): Promise<void> {
  await autocannon({
    ...{ url: child.ready.url as string, connections: CONNECTIONS },
    amount: Math.max(QUESTIONS * 2, Math.round(WARM / Math.max(1, rows / 10))),
    requests: paths.map((path) => ({ method: 'GET' as const, path, ...(headers && { headers }) })),
  });
}

/** @returns answers per CPU-second of the server */
async function ask(
  child: Child,
  paths: readonly string[],
  seconds: number,
  headers?: Record<string, string>,
): Promise<number> {
  let answered = 0;
  const { cpu } = await child.measure(async () => {
    const result = await autocannon({
      url: child.ready.url as string,
      connections: CONNECTIONS,
      duration: seconds,
      requests: paths.map((path) => ({ method: 'GET' as const, path, ...(headers && { headers }) })),
    });
    const refused = result['4xx'] + result['5xx'];
    if (refused > 0 || result.errors > 0) throw new Error(`${refused} refused, ${result.errors} failed`);
    answered = headers === undefined ? result['2xx'] : result['3xx'];
  });
  return answered / cpu;
}
