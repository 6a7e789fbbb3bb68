/** SQL that finds, in one query, the rows on which a product's expressions fail. */
import { type Ast, withAlias } from '../sql/ast';
import { quoteName } from '../sql/text';
import { type Binder, isBindError } from './binder';
import { Catching } from './caught';
import type { ProbeSql } from '../engine-sql';
import { openInput } from './compose';
import { HIDDEN } from './names';
import { type SelectRows, castToBoolean, tryNode } from './nodes';

const ROW = quoteName(HIDDEN[1]);

export interface ProbedParts {
  readonly where: Ast | null;
  /** Keys, arguments and filters: whatever is computed of each row that WHERE lets through. */
  readonly expressions: readonly Ast[];
  /** Tenon's own columns. */
  readonly hidden: readonly Ast[];
}

/**
 * `SELECT r, f`: a row's number, and a number for the expression that fails on it.
 *
 * It tells of a row only what is true of it in any order of evaluation: every condition of WHERE either fails or lets it through, and
 * something fails. What fails in FROM, in an aggregate, or in a way that TRY does not catch, it does not find (runner/sift.ts does).
 *
 * @returns null if DuckDB cannot try one of the expressions
 */
export async function composeProbe(
  binder: Binder,
  select: SelectRows,
  { where, expressions, hidden }: ProbedParts,
): Promise<ProbeSql | null> {
  const catching = await Catching.open(binder);
  const conditions = where === null ? [] : conjuncts(where).map((one) => castToBoolean(catching.guard(one)));
  const tried = [
    ...conditions.map((node, index) => withAlias(tryNode(node), `w${index}`)),
    ...expressions.map((node, index) => withAlias(catching.tried(node), `e${index}`)),
  ];
  const node = select([...tried, ...hidden], null);
  if (isBindError(await binder.describe(node))) return null;
  const or = (parts: readonly string[]) => (parts.length === 0 ? 'false' : parts.join(' OR '));
  const cases = [
    `WHEN ${or(conditions.map((_, index) => `(w${index} IS NOT NULL AND w${index}.v IS DISTINCT FROM true)`))} THEN NULL`,
    ...tried.map(({ alias }, index) => `WHEN ${String(alias)} IS NULL THEN ${index}`),
  ];
  const zones: string[] = [];
  for (const zone of catching.zones) {
    const named = select([withAlias(tryNode(zone), 'z')], null);
    if (!isBindError(await binder.describe(named)))
      zones.push(
        `SELECT DISTINCT z.v AS v FROM (${openInput(await binder.print(named))}) AS t WHERE z.v IS NOT NULL`,
      );
  }
  const sql = `SELECT ${ROW} AS r, min(f) AS f FROM (SELECT ${ROW}, CASE ${cases.join(' ')} END AS f FROM (${openInput(await binder.print(node))}) AS t) AS u WHERE f IS NOT NULL GROUP BY ${ROW}`;
  return { sql, signs: await signsSql(binder, select, catching.signs, hidden), zones };
}

async function signsSql(
  binder: Binder,
  select: SelectRows,
  signs: readonly Ast[],
  hidden: readonly Ast[],
): Promise<string | null> {
  if (signs.length === 0) return null;
  const named = signs.map((sign, index) => withAlias(sign, `s${index}`));
  const node = select([...named, ...hidden], null);
  // Some may be of a lambda's parameters.
  if (isBindError(await binder.describe(node))) return null;
  const any = named.map(({ alias }) => String(alias)).join(' OR ');
  return `SELECT DISTINCT ${ROW} AS r FROM (${openInput(await binder.print(node))}) AS t WHERE ${any}`;
}

function conjuncts(node: Ast): Ast[] {
  return node['type'] === 'CONJUNCTION_AND' ? (node['children'] as Ast[]).flatMap(conjuncts) : [node];
}
