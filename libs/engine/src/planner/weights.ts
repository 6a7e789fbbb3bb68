/** SQL that says how much a product makes of each event, and works on it, before it does: so much of it is done at a time. */
import { quoteName } from '../sql/text';
import { type Ast, withAlias } from '../sql/ast';
import { type Binder, isBindError } from './binder';
import { openInput } from './compose';
import { HIDDEN } from './names';
import { type SelectRows, tryNode } from './nodes';

const ROW = quoteName(HIDDEN[1]);

/** What a row weighs that FROM makes, whatever is computed of it. */
const ROW_WEIGHT = 64;

/**
 * `SELECT r, w`
 *
 * @param parts.weights each in bytes that are held at a time, or in hundredths of a microsecond
 * @returns null if there is nothing to weigh, or if DuckDB cannot try one of them
 */
export async function composeWeights(
  binder: Binder,
  select: SelectRows,
  { weights, hidden }: { readonly weights: readonly Ast[]; readonly hidden: readonly Ast[] },
): Promise<string | null> {
  if (weights.length === 0) return null;
  const tried = weights.map((node, index) => withAlias(tryNode(node), `w${index}`));
  const node = select([...tried, ...hidden], null);
  if (isBindError(await binder.describe(node))) return null;
  const sum = tried.map(({ alias }) => `coalesce(${String(alias)}.v, 0)`).join(' + ');
  return `SELECT ${ROW} AS r, sum(${ROW_WEIGHT} + ${sum}) AS w FROM (${openInput(await binder.print(node))}) AS t GROUP BY ${ROW}`;
}
