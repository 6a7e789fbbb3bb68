/** A plan's partial SQL over an input, and what comes out of it. */
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { cellKey, mergeInto } from '@tenon/domain';
import type { Plan, State, StateSpec, Value } from '@tenon/domain';
import type { PartialCell } from '@tenon/ports';
import { sqlOf } from '../engine-sql';
import { INPUT } from '../planner/names';
import { carry } from '../planner/carriers';
import { columnOf } from '../sql/read';
import { quoteName } from '../sql/text';
import { carried, stateColumns } from './decode';

export const HIDDEN_COLUMNS = '"__tenon_partition", "__tenon_row"';

/** Whether a state is decided by the event where its keys are equal. */
export const breaksTies = (spec: StateSpec) => 'event' in spec && spec.event === true;

/** The relation that a plan reads: only its own columns, and the rows that it may see. */
export function inputOf(plan: Plan, relation: string, conditions: readonly string[]): string {
  const columns = sqlOf(plan).columns.map(({ name }) => quoteName(name));
  const where =
    conditions.length === 0 ? '' : ` WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`;
  const event = plan.states.some(breaksTies) ? 'event_id' : 'CAST(NULL AS VARCHAR)';
  const own = [HIDDEN_COLUMNS, `${event} AS "__tenon_event"`];
  return `(SELECT ${[...columns, ...own].join(', ')} FROM ${relation}${where})`;
}

/** Those rows of an input that fulfil a condition. */
export const within = (input: string, condition: string): string =>
  `(SELECT * FROM ${input} AS part WHERE ${condition})`;

/** The condition that an event is not older than the product keeps. */
export function freshness(plan: Plan): string[] {
  return plan.retentionMicros === null
    ? []
    : [`epoch_us(event_time) >= __tenon_append * 1000 - ${Math.trunc(plan.retentionMicros)}`];
}

/** A plan's SQL over an input. */
export const over = (sql: string, input: string) => sql.replaceAll(INPUT, () => input);

/** The condition that leaves rows out. */
export function without(rows: ReadonlyMap<number, unknown>): string[] {
  if (rows.size === 0) return [];
  const list = [...rows.keys()].join(', ');
  return [`__tenon_row NOT IN (${rows.size > LONG_LIST ? `SELECT unnest([${list}])` : list})`];
}

/** Longer lists are looked up in a table of hashes. */
const LONG_LIST = 32;

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
