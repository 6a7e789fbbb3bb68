/** The columns of the answer: what each shows, and that a reader can tell rows and columns apart. */
import type { PlanColumn, PlanMeasure, PlanWindow, SqlType, WindowShape } from '@tenon/domain';
import { type Ast, locationOf } from '../sql/ast';
import type { Item } from './clauses';
import { referenceOf } from './names';
import type { ProblemList } from './problems';

export function answerColumn(
  node: Ast,
  name: string,
  keyTypes: readonly SqlType[],
  measures: readonly PlanMeasure[],
  type: SqlType | undefined,
): PlanColumn {
  const reference = referenceOf(node);
  if (reference === undefined) return { name, type: type ?? 'VARCHAR', role: 'expression', index: null };
  const { kind, index } = reference;
  if (kind === 'k') return { name, type: keyTypes[index]!, role: 'key', index };
  return { name, type: measures[index]!.type, role: 'measure', index };
}

export const keyColumn = (columns: readonly PlanColumn[], key: number) =>
  columns.find(({ role, index }) => role === 'key' && index === key);

/** Names that every row has already, or that two columns have. */
export function checkColumnNames(
  columns: readonly PlanColumn[],
  items: readonly Item[],
  problems: ProblemList,
): void {
  const seen = new Set<string>();
  columns.forEach(({ name }, index) => {
    const at = locationOf(items[index]!.written);
    const lower = name.toLowerCase();
    if (['_cell', '_status', '_approximate', '_errors'].includes(lower)) {
      problems.add(
        'reserved-name',
        at,
        `A column cannot be called ${name}: rows say more of themselves in it.`,
        'Use another alias.',
      );
    }
    if (seen.has(lower))
      problems.add('duplicate-column', at, `There are two columns ${name}.`, 'Give one of them an alias.');
    seen.add(lower);
  });
}

/** The column that shows the window, which a product with one must have. */
export function windowColumn(
  size: WindowShape | undefined,
  columns: readonly PlanColumn[],
  key: Ast | undefined,
  problems: ProblemList,
): PlanWindow | null {
  if (size === undefined) return null;
  const column = keyColumn(columns, 0);
  if (column !== undefined) return { column: column.name, ...size };
  problems.add(
    'window-not-shown',
    key && locationOf(key),
    'The SELECT list does not show the window: rows of different windows would look alike.',
    'Add it, e.g. time_bucket(…) AS window_start.',
  );
  return null;
}
