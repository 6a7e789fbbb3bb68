/** Runs a plan's partial SQL over numbered rows, and finds the rows that it can't take. */
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { cellKey, mergeInto } from '@tenon/domain';
import type { Plan, State, Value } from '@tenon/domain';
import type { PartialCell } from '@tenon/ports';
import { sqlOf } from '../engine-sql';
import { INPUT } from '../planner/names';
import { carry } from '../planner/carriers';
import { engineFailure, isDataError } from '../sql/database';
import { columnOf } from '../sql/read';
import { quoteName } from '../sql/text';
import { carried, stateColumns } from './decode';
import { dataErrorText } from './records';

/** How many rows a relation has (`__tenon_row` numbers them from 0), and what must hold for one to be read. */
export interface NumberedInput {
  readonly rows: number;
  readonly conditions: readonly string[];
}

export const HIDDEN_COLUMNS = '"__tenon_partition", "__tenon_row"';

/** The relation that a plan reads: only its own columns, and the rows that it may see. */
export function inputOf(plan: Plan, relation: string, conditions: readonly string[]): string {
  const columns = sqlOf(plan).columns.map(({ name }) => quoteName(name));
  const where =
    conditions.length === 0 ? '' : ` WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`;
  return `(SELECT ${[...columns, HIDDEN_COLUMNS].join(', ')} FROM ${relation}${where})`;
}

/** The condition that an event is not older than the product keeps. */
export function freshness(plan: Plan): string[] {
  return plan.retentionMicros === null
    ? []
    : [`epoch_us(event_time) >= __tenon_append * 1000 - ${Math.trunc(plan.retentionMicros)}`];
}

/** A plan's SQL over an input. */
export const over = (sql: string, input: string) => sql.replaceAll(INPUT, () => input);

/** What a run over all rows gave: several results (of disjoint rows) only where all at once were too much. */
export interface SiftedRun<T> {
  readonly results: readonly T[];
  /** Row → why the product's SQL can't take it. */
  readonly refused: ReadonlyMap<number, string>;
}

/**
 * Runs `run` over all rows but those that fail alone. At once if all is well; else by halves, so that which rows are
 * refused depends on the rows only, and not on their company.
 *
 * @param probe reads the rows that the given conditions let through, to see whether it can
 * @param run the same, for the result
 */
export async function runSifted<T>(
  input: NumberedInput,
  probe: (conditions: readonly string[]) => Promise<unknown>,
  run: (conditions: readonly string[]) => Promise<T>,
): Promise<SiftedRun<T>> {
  const refused = new Map<number, string>();
  const between = (from: number, to: number) => [
    ...input.conditions,
    `__tenon_row BETWEEN ${from} AND ${to - 1}`,
  ];
  const attempt = async <R>(
    how: (conditions: readonly string[]) => Promise<R>,
    conditions: readonly string[],
  ): Promise<{ result: R } | { error: unknown }> => {
    try {
      return { result: await how(conditions) };
    } catch (error) {
      if (isDataError(error)) return { error };
      throw engineFailure(error, 'Aggregating');
    }
  };
  const sift = async (from: number, to: number, error: unknown): Promise<void> => {
    if (to - from === 1) {
      refused.set(from, dataErrorText(error));
      return;
    }
    const middle = (from + to) >> 1;
    for (const [low, high] of [[from, middle] as const, [middle, to] as const]) {
      const half = await attempt(probe, between(low, high));
      if ('error' in half) await sift(low, high, half.error);
    }
  };
  const pieces = async (from: number, to: number): Promise<T[]> => {
    const whole = await attempt(run, [...between(from, to), ...without(refused)]);
    if ('result' in whole) return [whole.result];
    // Only together are they too much, e.g. a sum above its type: the states can hold it.
    const middle = (from + to) >> 1;
    return [...(await pieces(from, middle)), ...(await pieces(middle, to))];
  };
  const all = await attempt(run, input.conditions);
  if ('result' in all) return { results: [all.result], refused };
  await sift(0, input.rows, all.error);
  return { results: await pieces(0, input.rows), refused };
}

/** The condition that leaves rows out. */
export function without(rows: ReadonlyMap<number, unknown>): string[] {
  return rows.size === 0 ? [] : [`__tenon_row NOT IN (${[...rows.keys()].join(', ')})`];
}

/** Cells of a chunk: `n` stands at column `at`, keys and states behind it. */
export function cellsOf(
  plan: Plan,
  chunk: DuckDBDataChunk,
  at: number,
): { cells: PartialCell[]; counts: number[] } {
  const count = columnOf(chunk, at);
  let next = at + 1;
  const keys = plan.key.map(({ type }) => {
    const key = carried(type, chunk, next);
    next += carry(type, '').length;
    return key;
  });
  const states = stateColumns(plan, chunk, next);
  const cells: PartialCell[] = [];
  const counts: number[] = [];
  const { rowCount } = chunk;
  for (let row = 0; row < rowCount; row++) {
    const n = count(row) as number;
    // Without GROUP BY there is a row even where there are none.
    if (n === 0) continue;
    counts.push(n);
    cells.push({ key: keys.map((key) => key(row)), states: states.map((state) => state(row)) });
  }
  return { cells, counts };
}

/** The name of a cell, for keys as `cellsOf` gives them: as in every other place where cells meet. */
export function cellNamer({ key }: Plan): (values: readonly Value[]) => string {
  const types = key.map(({ type }) => type);
  return (values) => cellKey(types, values);
}

/** Cells of several results of disjoint rows, merged. */
export class CellMerger {
  private readonly cells = new Map<string, { key: readonly Value[]; states: State[] }>();
  private readonly nameOf: (values: readonly Value[]) => string;

  constructor(private readonly plan: Plan) {
    this.nameOf = cellNamer(plan);
  }

  add(cells: Iterable<PartialCell>): void {
    for (const cell of cells) {
      const name = this.nameOf(cell.key);
      const known = this.cells.get(name);
      if (known === undefined) this.cells.set(name, { key: cell.key, states: [...cell.states] });
      else mergeInto(this.plan.states, known.states, cell.states);
    }
  }

  all(): PartialCell[] {
    return [...this.cells.values()];
  }
}

/** Rows of a query as numbers, such as counts by partition. */
export async function numbers(connection: DuckDBConnection, sql: string): Promise<number[][]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRows().map((row) => row.map(Number));
}
