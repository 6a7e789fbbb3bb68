/** Aggregates all rows but those that fail: whatever a product's SQL cannot take is that row's matter, and all else goes on. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { idOf } from '@tenon/domain';
import type { Plan } from '@tenon/domain';
import { ProductFailed } from '@tenon/errors';
import { sqlOf } from '../engine-sql';
import { engineFailure, isEnvironmentError } from '../sql/database';
import { BAD_ZONES } from '../planner/caught';
import { quoteText } from '../sql/text';
import { inputOf, numbers, over, within } from './partial';
import { dataErrorText } from './records';

/** Rows as a plan may see them. */
export interface SiftJob<T, P> {
  readonly connection: DuckDBConnection;
  readonly plan: Plan;
  /** Where they are: with the plan's columns, the partition and a number for each row. */
  readonly table: string;
  /** What must hold for one to be read. */
  readonly conditions: readonly string[];
  /** Aggregates all of them, in the usual way. */
  usual(): Promise<T>;
  /** Aggregates an input. What it gave is valid until the next call. */
  run(input: string): Promise<T>;
  /** Conditions of the parts that an input is to be looked at in; none: it is not much. */
  parts(input: string): Promise<readonly string[]>;
  /** Puts away what a run gave, where others follow. */
  take(result: T): Promise<P>;
}

export interface SiftedRun<T, P> {
  /** What the last run gave, or (of disjoint rows) several where all at once were too much. */
  readonly result: { readonly whole: T } | { readonly pieces: readonly P[] };
  /** Row → why the product's SQL can't take it. */
  readonly refused: ReadonlyMap<number, string>;
  /** What was aggregated. */
  readonly input: string;
}

/** The rows that are left while sifting; `dropSifted` removes it. */
const REST = '__tenon_rest';
const SUSPECTS = '__tenon_suspects';
const SIGNED = '__tenon_signed';

/**
 * At once if all is well. Else a query finds the rows that an expression fails on (planner/probe.ts), and what that does not find is
 * found by halves: which rows are refused depends on the rows only, and not on their company.
 *
 * @throws ProductFailed if it fails, and no row alone does
 */
export async function runSifted<T, P>(job: SiftJob<T, P>): Promise<SiftedRun<T, P>> {
  const all = await attempt(() => job.usual());
  if ('result' in all) {
    const input = inputOf(job.plan, job.table, job.conditions);
    return { result: { whole: all.result }, refused: new Map(), input };
  }
  try {
    return await new Sifter(job).sift();
  } catch (error) {
    throw engineFailure(error, 'Aggregating');
  }
}

export async function dropSifted(connection: DuckDBConnection): Promise<void> {
  await connection.run(`DROP TABLE IF EXISTS ${REST}`);
}

async function attempt<T>(work: () => Promise<T>): Promise<{ result: T } | { error: unknown }> {
  try {
    return { result: await work() };
  } catch (error) {
    if (isEnvironmentError(error)) throw engineFailure(error, 'Aggregating');
    return { error };
  }
}

/** Names that are no time zones: beyond so many different ones, they are found by halves. */
const MOST_ZONES = 256;

/** Of so many rows that fail in one expression each gets its own message: it costs a query. */
const OWN_MESSAGES = 8;

class Sifter<T, P> {
  private readonly refused = new Map<number, string>();
  private zones: readonly string[] | undefined;

  constructor(private readonly job: SiftJob<T, P>) {}

  async sift(): Promise<SiftedRun<T, P>> {
    const { plan, table, conditions, connection } = this.job;
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE ${REST} AS SELECT * FROM ${inputOf(plan, table, conditions)} ORDER BY __tenon_row`,
    );
    const quick = await this.siftSigned();
    if (quick !== undefined) return quick;
    await this.leaveOutSuspects([]);
    const [first, last] = await this.bounds();
    const run = await attempt(() => this.run([]));
    if ('result' in run) return this.sifted({ whole: run.result });
    const none = await attempt(() => this.run(['__tenon_row < 0']));
    if ('error' in none) throw this.failed(none.error);
    const found = new Map<number, string>();
    await this.halve(first, last, run.error, found);
    await this.leaveOut(found);
    const again = await attempt(() => this.run([]));
    if ('result' in again) return this.sifted({ whole: again.result });
    return this.sifted({ pieces: await this.pieces(first, last) });
  }

  private sifted(result: SiftedRun<T, P>['result']): SiftedRun<T, P> {
    return { result, refused: this.refused, input: inputOf(this.job.plan, REST, []) };
  }

  private failed(error: unknown): ProductFailed {
    return new ProductFailed(idOf(this.job.plan), dataErrorText(error), error);
  }

  private run(conditions: readonly string[]): Promise<T> {
    return this.job.run(inputOf(this.job.plan, REST, conditions));
  }

  /** The error of one row alone. */
  private async errorOf(row: number): Promise<unknown> {
    const alone = await attempt(() => this.run([`__tenon_row = ${row}`]));
    return 'error' in alone ? alone.error : undefined;
  }

  private async bounds(): Promise<[number, number]> {
    const sql = `SELECT coalesce(min(__tenon_row), 0), coalesce(max(__tenon_row), -1) FROM ${REST}`;
    const [[first, last]] = (await numbers(this.job.connection, sql)) as [[number, number]];
    return [first, last];
  }

  /** Trying is done row by row and takes long; mostly it is enough to try rows that look as if they failed. */
  private async siftSigned(): Promise<SiftedRun<T, P> | undefined> {
    const { connection, plan } = this.job;
    const signs = sqlOf(plan).probe?.signs ?? null;
    if (signs === null) return undefined;
    const sql = await this.withZones(over(signs, inputOf(plan, REST, [])));
    const signed = await attempt(() => connection.run(`CREATE OR REPLACE TEMP TABLE ${SIGNED} AS ${sql}`));
    // Something else fails in it.
    if ('error' in signed) return undefined;
    await this.leaveOutSuspects([`__tenon_row IN (SELECT r FROM ${SIGNED})`]);
    await connection.run(`DROP TABLE ${SIGNED}`);
    if (this.refused.size === 0) return undefined;
    const run = await attempt(() => this.run([]));
    return 'result' in run ? this.sifted({ whole: run.result }) : undefined;
  }

  /** @param conditions of the rows that are tried */
  private async leaveOutSuspects(conditions: readonly string[]): Promise<void> {
    const { connection, plan } = this.job;
    const { probe } = sqlOf(plan);
    if (probe === null) return;
    const input = inputOf(plan, REST, conditions);
    const parts = await this.job.parts(input);
    const probed = await attempt(async () => {
      const looked = parts.length === 0 ? [input] : parts.map((part) => within(input, part));
      await connection.run(`CREATE OR REPLACE TEMP TABLE ${SUSPECTS} (r BIGINT, f BIGINT)`);
      for (const part of looked)
        await connection.run(`INSERT INTO ${SUSPECTS} ${await this.withZones(over(probe.sql, part))}`);
    });
    if ('error' in probed) return;
    const places = new Map<number, number[]>();
    for (const [row, place] of await numbers(connection, `SELECT r, f FROM ${SUSPECTS} ORDER BY r`)) {
      const rows = places.get(place!);
      if (rows === undefined) places.set(place!, [row!]);
      else rows.push(row!);
    }
    await connection.run(`DROP TABLE ${SUSPECTS}`);
    const found = new Map<number, string>();
    for (const rows of places.values()) await this.explain(rows, found);
    await this.leaveOut(found);
  }

  private async withZones(sql: string): Promise<string> {
    const { plan } = this.job;
    const input = inputOf(plan, REST, []);
    this.zones ??= await this.badZones((sqlOf(plan).probe?.zones ?? []).map((one) => over(one, input)));
    const list = quoteText(this.zones.join('\u001f'));
    return sql.replaceAll(quoteText(BAD_ZONES), () => list);
  }

  /** Of the names that are taken for time zones, those that DuckDB does not take. */
  private async badZones(queries: readonly string[]): Promise<string[]> {
    const bad: string[] = [];
    for (const sql of queries) {
      const found = await attempt(() =>
        this.job.connection.runAndReadAll(
          `SELECT v FROM (${sql}) WHERE v NOT IN (SELECT name FROM pg_timezone_names()) LIMIT ${MOST_ZONES}`,
        ),
      );
      if ('error' in found) continue;
      for (const [zone] of found.result.getRows()) {
        const text = String(zone);
        const used = await attempt(() =>
          this.job.connection.run(
            `SELECT timezone(v, TIMESTAMP '2000-01-01') FROM (SELECT ${quoteText(text)} AS v)`,
          ),
        );
        if ('error' in used) bad.push(text);
      }
    }
    return bad;
  }

  /** Why rows fail that fail in one expression: the first ones by their own messages, the others by the first one's. */
  private async explain(rows: readonly number[], found: Map<number, string>): Promise<void> {
    let message = '';
    for (const [index, row] of rows.entries()) {
      if (index < OWN_MESSAGES) {
        const error = await this.errorOf(row);
        // It does not fail: the probe is wrong about this expression.
        if (error === undefined) return;
        message = dataErrorText(error);
        found.set(row, message);
      } else found.set(row, `In the same expression as another event: ${message}`.slice(0, 500));
    }
  }

  private async leaveOut(rows: ReadonlyMap<number, string>): Promise<void> {
    if (rows.size === 0) return;
    for (const [row, reason] of rows) this.refused.set(row, reason);
    await this.job.connection.run(
      `DELETE FROM ${REST} WHERE __tenon_row IN (SELECT unnest([${[...rows.keys()].join(', ')}]))`,
    );
  }

  /** Finds the rows from `first` to `last` that fail alone, knowing that together they fail. */
  private async halve(
    first: number,
    last: number,
    error: unknown,
    found: Map<number, string>,
  ): Promise<void> {
    if (first === last) {
      found.set(first, dataErrorText(error));
      return;
    }
    const middle = Math.floor((first + last) / 2);
    for (const [from, to] of [[first, middle] as const, [middle + 1, last] as const]) {
      const half = await attempt(() => this.run([between(from, to)]));
      if ('error' in half) await this.halve(from, to, half.error, found);
    }
  }

  /** Only together are they too much, e.g. a sum above its type: the states can hold it. */
  private async pieces(first: number, last: number): Promise<P[]> {
    const middle = Math.floor((first + last) / 2);
    const taken: P[] = [];
    for (const [from, to] of [[first, middle] as const, [middle + 1, last] as const]) {
      if (from > to) continue;
      const piece = await attempt(() => this.run([between(from, to)]));
      if ('result' in piece) taken.push(await this.job.take(piece.result));
      else if (from === to) throw this.failed(piece.error);
      else taken.push(...(await this.pieces(from, to)));
    }
    return taken;
  }
}

const between = (first: number, last: number) => `__tenon_row BETWEEN ${first} AND ${last}`;
