/** Events of which a product's FROM makes more rows than an event may: each is refused, whatever stands beside it. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Plan } from '@tenon/domain';
import { sqlOf } from '../engine-sql';
import { engineFailure, isEnvironmentError } from '../sql/database';
import { numbers, over, without } from './partial';
import type { SiftJob, SiftedRun } from './sift';
import { runSifted } from './sift';

/** Row → what is wrong with it. */
export type Beyond = ReadonlyMap<number, string>;

const NONE: Beyond = new Map();

/** @returns null if an expression fails on some row, so that it is not known */
export async function rowsBeyond(
  connection: DuckDBConnection,
  plan: Plan,
  input: string,
  limit: number,
): Promise<Beyond | null> {
  const { rowsOf } = sqlOf(plan);
  if (rowsOf === null) return NONE;
  const sql = `SELECT r, n FROM (${over(rowsOf, input)}) AS made WHERE n > ${Math.trunc(limit)}`;
  try {
    const found = await numbers(connection, sql);
    return new Map(
      found.map(([row, count]) => [
        row!,
        `FROM makes ${count} rows of this event: there may be ${limit} (TENON_MAX_ROWS_PER_EVENT).`,
      ]),
    );
  } catch (error) {
    if (isEnvironmentError(error)) throw engineFailure(error, 'Aggregating');
    return null;
  }
}

export interface Within<T, P> {
  readonly sifted: SiftedRun<T, P>;
  readonly beyond: Beyond;
}

/**
 * Aggregates all rows but those that fail and those of which too much is made.
 *
 * @param jobWith a job that leaves out what does not fulfil these conditions too
 */
export async function siftWithin<T, P>(
  connection: DuckDBConnection,
  plan: Plan,
  limit: number,
  inputWith: (conditions: readonly string[]) => string,
  jobWith: (conditions: readonly string[]) => SiftJob<T, P>,
): Promise<Within<T, P>> {
  const beyond = new Map<number, string>();
  const add = (more: Beyond) => more.forEach((detail, row) => beyond.set(row, detail));
  for (;;) {
    const before = await rowsBeyond(connection, plan, inputWith(without(beyond)), limit);
    add(before ?? NONE);
    const sifted = await runSifted(jobWith(without(beyond)));
    if (before !== null) return { sifted, beyond };
    // Some row failed: among those that are left they can be counted.
    const after = await rowsBeyond(connection, plan, sifted.input, limit);
    if (after === null || after.size === 0) return { sifted, beyond };
    add(after);
  }
}
