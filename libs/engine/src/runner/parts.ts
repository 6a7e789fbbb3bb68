/** An input in parts, where a product makes much of its events: DuckDB holds what is made of 2,048 of them at once, uncounted. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Plan } from '@tenon/domain';
import { sqlOf } from '../engine-sql';
import { isEnvironmentError } from '../sql/database';
import { numbers, over } from './partial';

/** Rows that are aggregated at a time, about. */
const ROWS_AT_A_TIME = 500_000;
/** Bytes that are made at a time, about, or hundredths of a microsecond that are worked: no interrupt is heeded meanwhile. */
const WEIGHT_AT_A_TIME = 32 * 1024 * 1024;
/** Rows of one of DuckDB's vectors. */
const VECTOR = 2048;

/**
 * Conditions of the parts that an input is aggregated in.
 *
 * @param events how many the input has at most @param mostRows that FROM may make of one
 * @returns none: it is not too much at a time, or not known
 */
export async function partsOf(
  connection: DuckDBConnection,
  plan: Plan,
  input: string,
  events: number,
  mostRows: number,
): Promise<readonly string[]> {
  const { rowsOf, weights } = sqlOf(plan);
  try {
    if (typeof weights === 'string')
      return await cut(
        connection,
        `SELECT r, w AS n FROM (${over(weights, input)}) AS weighed`,
        WEIGHT_AT_A_TIME,
      );
    if (rowsOf === null || events * mostRows <= ROWS_AT_A_TIME) return [];
    return await cut(connection, over(rowsOf, input), ROWS_AT_A_TIME);
  } catch (error) {
    // FROM fails on some row: whoever sifts finds out which.
    if (isEnvironmentError(error)) throw error;
    return [];
  }
}

/** @param counts `SELECT r, n` */
async function cut(connection: DuckDBConnection, counts: string, most: number): Promise<readonly string[]> {
  const running = `SELECT r, floor(sum(n) OVER (ORDER BY r) / ${most}) AS part FROM (${counts}) AS made`;
  const sql = `SELECT min(r), max(r) FROM (${running}) AS numbered GROUP BY part ORDER BY part`;
  const parts = await numbers(connection, sql);
  return parts.length < 2 ? [] : parts.map(([from, to]) => `__tenon_row BETWEEN ${from} AND ${to}`);
}

/** Whether one vector of a range may make more than is made at a time: then it is aggregated in parts. */
export async function isHeavy(connection: DuckDBConnection, plan: Plan, input: string): Promise<boolean> {
  const { weights } = sqlOf(plan);
  if (typeof weights !== 'string') return false;
  const sql = `SELECT coalesce(max(w), 0) FROM (${over(weights, input)}) AS weighed`;
  const [[most]] = (await numbers(connection, sql)) as [[number]];
  return most * VECTOR > 4 * WEIGHT_AT_A_TIME;
}
