/** Operands of compiled operators: read, turned into doubles, and brought to one type. */
import type { CellValues, Compiled } from './expression';
import type { IntegerSize, Plain, PlainType } from './values';
import { BOOLEAN, DOUBLE, NOTHING, decimalToDouble, integer } from './values';

export function asDouble({ type, value }: Compiled): Compiled | null {
  switch (type.kind) {
    case 'double':
    case 'null':
      return { type: DOUBLE, value };
    case 'integer':
      return { type: DOUBLE, value };
    case 'decimal': {
      const { scale } = type;
      return {
        type: DOUBLE,
        value: (cell) => {
          const digits = value(cell);
          return digits === null ? null : decimalToDouble(digits as number, scale);
        },
      };
    }
    default:
      return null;
  }
}

/** Of two operands that are there. */
export function binary(
  type: PlainType,
  a: Compiled,
  b: Compiled,
  work: (a: number, b: number) => Plain,
): Compiled {
  const [left, right] = [a.value, b.value];
  return {
    type,
    value: (cell: CellValues) => {
      const [first, second] = [left(cell), right(cell)];
      return first === null || second === null ? null : work(first as number, second as number);
    },
  };
}

export function unary(type: PlainType, { value }: Compiled, work: (a: number) => Plain): Compiled {
  return {
    type,
    value: (cell: CellValues) => {
      const found = value(cell);
      return found === null ? null : work(found as number);
    },
  };
}

export function larger(types: readonly PlainType[]): IntegerSize {
  const has = (size: IntegerSize) => types.some((type) => type.kind === 'integer' && type.size === size);
  return has('huge') ? 'huge' : has('big') ? 'big' : 'small';
}

/** The type that DuckDB gives a CASE or a COALESCE of these. */
export function ofOneType(
  operands: readonly Compiled[],
): { readonly type: PlainType; readonly operands: readonly Compiled[] } | null {
  const known = operands.filter(({ type }) => type.kind !== 'null');
  const [first] = known;
  if (first === undefined) return { type: NOTHING, operands };
  if (known.every(({ type }) => type.kind === 'boolean')) return { type: BOOLEAN, operands };
  if (known.every(({ type }) => type.kind === 'integer'))
    return { type: integer(larger(known.map(({ type }) => type))), operands };
  if (!known.some(({ type }) => type.kind === 'double')) return null;
  const doubles = operands.map(asDouble);
  return doubles.includes(null) ? null : { type: DOUBLE, operands: doubles as Compiled[] };
}
