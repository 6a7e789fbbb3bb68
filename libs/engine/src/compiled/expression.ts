/** An expression over a cell's keys and measures as a function, where it is certain to give what DuckDB gives. */
import type { SqlType, Value } from '@tenon/domain';
import { shapeOf } from '@tenon/domain';
import { referenceOf } from '../planner/names';
import type { Ast } from '../sql/ast';
import { isAst, numberOf } from '../sql/ast';
import { operatorOf } from './operators';
import type { IntegerSize, Plain, PlainType } from './values';
import { BOOLEAN, DOUBLE, MAX_SCALE, NOTHING, UNSURE, digitsOf, finite, integer, whole } from './values';

/** What expressions read. */
export interface CellValues {
  readonly key: readonly Value[];
  readonly values: readonly Value[];
}

export interface Compiled {
  readonly type: PlainType;
  /** @throws UNSURE where only the engine knows */
  readonly value: (cell: CellValues) => Plain;
}

export interface CellTypes {
  readonly keys: readonly SqlType[];
  readonly measures: readonly SqlType[];
}

/** @returns null for an expression that the engine has to compute */
export function compileExpression(node: Ast, cells: CellTypes): Compiled | null {
  const reference = referenceOf(node);
  if (reference !== undefined)
    return reference.kind === 'k'
      ? columnOf(cells.keys[reference.index], ({ key }) => key[reference.index] ?? null)
      : columnOf(cells.measures[reference.index], ({ values }) => values[reference.index] ?? null);
  if (node['class'] === 'CONSTANT') return constantOf(node['value'] as Ast);
  const typed = typedConstant(node);
  if (typed !== null) return typed;
  return operatorOf(node, (child) => compileExpression(child, cells));
}

const INTEGERS: ReadonlyMap<string, IntegerSize> = new Map([
  ['TINYINT', 'small'],
  ['SMALLINT', 'small'],
  ['INTEGER', 'small'],
  ['BIGINT', 'big'],
  ['HUGEINT', 'huge'],
]);

function columnOf(type: SqlType | undefined, read: (cell: CellValues) => Value): Compiled | null {
  const value = (take: (value: NonNullable<Value>) => Plain) => (cell: CellValues) => {
    const found = read(cell);
    return found === null ? null : take(found);
  };
  if (type === undefined) return null;
  const size = INTEGERS.get(type);
  if (size !== undefined) return { type: integer(size), value: value((found) => whole(numberIn(found))) };
  if (type === 'DOUBLE') return { type: DOUBLE, value: value((found) => finite(numberIn(found))) };
  if (type === 'BOOLEAN')
    return { type: BOOLEAN, value: value((found) => (typeof found === 'boolean' ? found : unsure())) };
  const shape = shapeOf(type);
  if (shape.kind !== 'decimal' || shape.scale > MAX_SCALE) return null;
  const { scale } = shape;
  return {
    type: { kind: 'decimal', scale },
    value: value((found) => (typeof found === 'string' ? digitsOf(found, scale) : unsure())),
  };
}

const unsure = (): never => {
  throw UNSURE;
};

/** Others are texts: too large, or no number at all. */
const numberIn = (value: NonNullable<Value>): number => (typeof value === 'number' ? value : unsure());

function constantOf({ type, is_null: isNull, value }: Ast): Compiled | null {
  if (isNull === true) return { type: NOTHING, value: () => null };
  const { id, type_info: info } = type as Ast;
  const number = numberOf(value);
  if (number === undefined || !Number.isSafeInteger(number)) return null;
  const size = INTEGERS.get(String(id));
  if (size !== undefined) return { type: integer(size), value: () => number };
  const scale = id === 'DECIMAL' && isAst(info) ? numberOf(info['scale']) : undefined;
  if (scale === undefined || scale > MAX_SCALE) return null;
  return { type: { kind: 'decimal', scale }, value: () => number };
}

/** Doubles and booleans are written as casts of texts (see `parseSql`). */
function typedConstant(node: Ast): Compiled | null {
  const { child, cast_type: type } = node;
  if (node['class'] !== 'CAST' || !isAst(child) || child['class'] !== 'CONSTANT' || !isAst(type)) return null;
  const { type: from, value, is_null: isNull } = child['value'] as Ast;
  if ((from as Ast)['id'] !== 'VARCHAR' || isNull === true || typeof value !== 'string') return null;
  if (type['id'] === 'BOOLEAN' && (value === 't' || value === 'f'))
    return { type: BOOLEAN, value: () => value === 't' };
  if (type['id'] !== 'DOUBLE' || !/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? { type: DOUBLE, value: () => number } : null;
}
