/** Cells with more different values than a state keeps: aggregated with memory for the bound only. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { distinctState, mergeState } from '@tenon/domain';
import type { Plan, State, StateSpec, Value } from '@tenon/domain';
import { type BoundedSql, type ValueSet, sqlOf } from '../engine-sql';
import { carry } from '../planner/carriers';
import { SAMPLE } from '../planner/compose';
import { columnOf } from '../sql/read';
import { carried } from './decode';
import { cellNamer, numbers, over } from './partial';

/** State → name of a cell → its state. */
export type ExceedingStates = ReadonlyMap<number, ReadonlyMap<string, State>>;

/** Below this, lists of all values do no harm. */
const MANY_ROWS = 100_000;
/** Cells of up to about so many rows are gathered as they are. */
const LARGE_CELL = 32_768;

/** Windows with fewer rows than this on average are not looked into. */
const BUSY_WINDOW = 4096;

/**
 * The SQL to use if an input may have large cells.
 *
 * @param timeSpan of the input's event times, microseconds, where it is known
 */
export async function boundedSqlFor(
  connection: DuckDBConnection,
  plan: Plan,
  input: string,
  rows: number,
  timeSpan: number | null,
): Promise<BoundedSql | null> {
  const { bounded } = sqlOf(plan);
  if (bounded === null || rows <= MANY_ROWS) return null;
  if (timeSpan !== null && plan.window !== null) {
    const { sizeMicros, sizeMonths } = plan.window;
    const windows = timeSpan / (sizeMicros + sizeMonths * 30 * 86_400e6) + 1;
    if (rows / windows < BUSY_WINDOW) return null;
  }
  const [[largest]] = (await numbers(connection, over(bounded.largest, input))) as [[number]];
  return largest * SAMPLE > LARGE_CELL ? bounded : null;
}

/** Makes the tables of values that the bounded SQL reads. */
export async function fillSets(
  connection: DuckDBConnection,
  { sets }: BoundedSql,
  input: string,
): Promise<void> {
  for (const { set, over: exceeding, fill, exceed } of sets) {
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${set} AS ${over(fill, input)}`);
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${exceeding} AS ${exceed}`);
  }
}

/** The states of the cells that exceed the bound; the tables are gone after. */
export async function takeExceeding(
  connection: DuckDBConnection,
  plan: Plan,
  { sets }: BoundedSql,
): Promise<ExceedingStates> {
  const states = new Map<number, Map<string, State>>();
  for (const set of sets) {
    states.set(set.state, await exceedingOf(connection, plan, set));
    await connection.run(`DROP TABLE ${set.set}; DROP TABLE ${set.over}`);
  }
  return states;
}

const SLICE = 10_000;

async function exceedingOf(
  connection: DuckDBConnection,
  plan: Plan,
  set: ValueSet,
): Promise<Map<string, State>> {
  const spec = plan.states[set.state]!;
  const nameOf = cellNamer(plan);
  const found = new Map<string, { state: State; values: Value[] }>();
  const result = await connection.stream(set.values);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    let at = 0;
    const keys = plan.key.map(({ type }) => {
      const key = carried(type, chunk, at);
      at += carry(type, '').length;
      return key;
    });
    const value = columnOf(chunk, at);
    const { rowCount } = chunk;
    for (let row = 0; row < rowCount; row++) {
      const name = nameOf(keys.map((key) => key(row)));
      let cell = found.get(name);
      if (cell === undefined) found.set(name, (cell = { state: null, values: [] }));
      cell.values.push(value(row));
      if (cell.values.length >= SLICE) absorb(spec, cell);
    }
  }
  for (const cell of found.values()) absorb(spec, cell);
  return new Map([...found].map(([name, { state }]) => [name, state]));
}

function absorb(spec: StateSpec, cell: { state: State; values: Value[] }): void {
  if (spec.kind === 'distinct') cell.state = mergeState(spec, cell.state, distinctState(spec, cell.values));
  // How often each value occurs is given up beyond the bound.
  else cell.state = { o: true };
  cell.values = [];
}
