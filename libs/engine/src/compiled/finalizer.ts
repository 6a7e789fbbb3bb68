/**
 * What an answer shows beyond keys and measures, without the engine: a plan's expressions as functions, if all of them are of the
 * kind that gives exactly what DuckDB gives. What they give of a cell may still be the engine's to say.
 */
import type { Plan, Value } from '@tenon/domain';
import { sqlOf } from '../engine-sql';
import { CELLS } from '../planner/names';
import type { Ast } from '../sql/ast';
import { parseSql } from '../sql/ast';
import type { Database } from '../sql/database';
import { quoteName } from '../sql/text';
import type { CellTypes, CellValues, Compiled } from './expression';
import { compileExpression } from './expression';
import type { PlainType } from './values';
import { UNSURE } from './values';

/** The values of the expressions, HAVING last; null: the engine has to say. */
export type CompiledFinalizer = (cell: CellValues) => readonly Value[] | null;

const known = new WeakMap<Plan, CompiledFinalizer | null>();

/** @returns null for a plan of which the engine has to compute an expression */
export async function compiledFinalizer(database: Database, plan: Plan): Promise<CompiledFinalizer | null> {
  let compiled = known.get(plan);
  if (compiled === undefined) known.set(plan, (compiled = await compile(database, plan)));
  return compiled;
}

async function compile(database: Database, plan: Plan): Promise<CompiledFinalizer | null> {
  const cells: CellTypes = {
    keys: plan.key.map(({ type }) => type),
    measures: plan.measures.map(({ type }) => type),
  };
  const types = [
    ...plan.columns.flatMap(({ role, type }) => (role === 'expression' ? [type] : [])),
    'BOOLEAN',
  ];
  const parts: Compiled[] = [];
  for (const [index, { sql }] of sqlOf(plan).finalizeParts.entries()) {
    const parsed = await database.use((connection) =>
      parseSql(
        connection,
        sql.replaceAll(CELLS, () => quoteName('cells')),
      ),
    );
    const node = Array.isArray(parsed) ? (parsed[0]?.['select_list'] as Ast[] | undefined)?.[1] : undefined;
    const part = node === undefined ? null : compileExpression(node, cells);
    if (part === null || !isOf(part.type, types[index])) return null;
    parts.push(part);
  }
  if (parts.length !== types.length) return null;
  return (cell) => {
    try {
      return parts.map(({ value }) => value(cell));
    } catch (error) {
      if (error === UNSURE) return null;
      throw error;
    }
  };
}

/** Whether DuckDB, by the plan, gives the same type. */
function isOf(type: PlainType, sqlType: string | undefined): boolean {
  switch (type.kind) {
    case 'integer':
      return sqlType === { small: 'INTEGER', big: 'BIGINT', huge: 'HUGEINT' }[type.size];
    case 'double':
      return sqlType === 'DOUBLE';
    case 'boolean':
      return sqlType === 'BOOLEAN';
    default:
      return false;
  }
}
