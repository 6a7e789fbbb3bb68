import { type Ast, isAst, locationOf } from '../sql/ast';
import type { ProblemList } from './problems';

/** DISTINCT, ORDER BY, LIMIT, set operations and the rest that no row-wise or grouping SELECT may have. */
export function checkShape(node: Ast, place: string, problems: ProblemList): boolean {
  const firstItem = (node['select_list'] as Ast[] | undefined)?.[0];
  const at = firstItem && locationOf(firstItem);
  if (node['type'] !== 'SELECT_NODE') {
    const left = (node['left'] as Ast | undefined)?.['select_list'] as Ast[] | undefined;
    const recursive = node['type'] === 'RECURSIVE_CTE_NODE';
    problems.add(
      'set-operation',
      left?.[0] && locationOf(left[0]),
      recursive ? 'A recursive query cannot be planned.' : 'UNION, INTERSECT and EXCEPT cannot be planned.',
      'Declare one product for each SELECT.',
    );
    return false;
  }
  let well = true;
  const refuse = (code: string, where: number | undefined, message: string, hint?: string) => {
    problems.add(code, where, message, hint);
    well = false;
  };
  for (const modifier of (node['modifiers'] ?? []) as Ast[]) {
    const orders = modifier['orders'] as Ast[] | undefined;
    if (modifier['type'] === 'DISTINCT_MODIFIER')
      refuse(
        'select-distinct',
        at,
        `DISTINCT in ${place} cannot be planned.`,
        ((modifier['distinct_on_targets'] ?? []) as Ast[]).length > 0
          ? 'For one row of each group: arg_max(x, event_time) or last(x ORDER BY event_time), and GROUP BY what DISTINCT ON names.'
          : place === 'a product'
            ? 'GROUP BY the columns.'
            : 'Leave it out, and count or group in the outermost SELECT: count(DISTINCT x), GROUP BY.',
      );
    else if (orders !== undefined)
      refuse(
        'order-by',
        locationOf(orders[0]!['expression'] as Ast),
        `ORDER BY in ${place}: a product's rows have the order of their key.`,
        'Leave it out, and sort the rows that a query gives; the most frequent values of a cell are approx_top_k(x, 10).',
      );
    else
      refuse(
        'limit',
        isAst(modifier['limit']) ? locationOf(modifier['limit']) : at,
        `LIMIT in ${place} cannot be planned: which rows are first is known only at the end.`,
        'Leave it out; HAVING keeps rows by a measure, and the parameter limit of a query the first ones by key.',
      );
  }
  if (isAst(node['sample']))
    refuse('sample', at, 'A sample is another one each time.', 'Filter by hash(event_id) % 10 = 0.');
  if (isAst(node['qualify']))
    refuse(
      'window-function',
      locationOf(node['qualify']),
      'QUALIFY needs all rows at once and cannot be merged.',
      'Use HAVING.',
    );
  return well;
}
