/** What an answer shows beyond keys and measures: expressions over them, and HAVING, as one SELECT over the cells. */
import type { PlanMeasure, SqlType } from '@tenon/domain';
import { type Ast, columnRef, locationOf, rewrite, withAlias } from '../sql/ast';
import type { FinalizePart } from '../engine-sql';
import { quoteName } from '../sql/text';
import { type Binder, isBindError } from './binder';
import { CELLS, cellName, referenceOf } from './names';
import { TRUE, castToBoolean, selectNode, tableNode, tryNode } from './nodes';
import type { ProblemList } from './problems';

export interface FinalizerSql {
  /** `SELECT i, expressions …, having FROM {{cells}}`; i is the cell's number. */
  readonly sql: string;
  readonly parts: readonly FinalizePart[];
  /** Answer column → the type of its expression. */
  readonly types: ReadonlyMap<number, SqlType>;
}

export interface CellTypes {
  readonly keys: readonly SqlType[];
  readonly measures: readonly PlanMeasure[];
}

/**
 * @param shown the answer's columns, over cells
 * @returns null if there is nothing to compute, or if it does not bind (then there is a problem)
 */
export async function finalizerOf(
  binder: Binder,
  problems: ProblemList,
  shown: readonly Ast[],
  having: Ast | null,
  cells: CellTypes,
): Promise<FinalizerSql | null> {
  const expressions = shown.flatMap((node, index) =>
    referenceOf(node) === undefined ? [{ node, index }] : [],
  );
  if (expressions.length === 0 && having === null) return null;
  const select = [
    withAlias(columnRef('i'), 'i'),
    ...expressions.map(({ node, index }) => withAlias(node, `c${index}`)),
    withAlias(having === null ? TRUE : castToBoolean(having), 'h'),
  ];
  const node = selectNode({ select, from: tableNode(CELLS) });
  const columns = [
    'i BIGINT',
    ...cells.keys.map((type, index) => `${cellName('k', index)} ${type}`),
    ...cells.measures.map(({ type }, index) => `${cellName('m', index)} ${type}`),
  ];
  const described = await binder.describeOver(CELLS, columns, node);
  if (isBindError(described)) {
    const at = expressions[0] ?? (having === null ? undefined : { node: having });
    problems.add('sql-error', at && locationOf(at.node), described.message);
    return null;
  }
  const open = async (list: readonly Ast[]) =>
    (await binder.print(selectNode({ select: list, from: tableNode(CELLS) }))).replaceAll(
      quoteName(CELLS),
      CELLS,
    );
  const parts: FinalizePart[] = [];
  for (const expression of select.slice(1)) {
    const tried = [select[0]!, withAlias(tryNode(expression), 't')];
    const binds = await binder.describeOver(
      CELLS,
      columns,
      selectNode({ select: tried, from: tableNode(CELLS) }),
    );
    parts.push({
      sql: await open([select[0]!, expression]),
      tried: isBindError(binds) ? null : await open(tried),
    });
  }
  return {
    sql: await open(select),
    parts,
    types: new Map(expressions.map(({ index }, position) => [index, described[position + 1]!.type])),
  };
}

/** The keys of an expression in another order. */
export function reorderKeys(node: Ast, order: readonly number[]): Ast {
  return rewrite(node, (one) => {
    const reference = referenceOf(one);
    if (reference?.kind !== 'k') return undefined;
    return withAlias(columnRef(cellName('k', order.indexOf(reference.index))), String(one['alias'] ?? ''));
  });
}

/** The measures that an expression is computed from. */
export function measuresIn(node: Ast): number[] {
  const found = new Set<number>();
  rewrite(node, (one) => {
    const reference = referenceOf(one);
    if (reference?.kind === 'm') found.add(reference.index);
    return undefined;
  });
  return [...found];
}
