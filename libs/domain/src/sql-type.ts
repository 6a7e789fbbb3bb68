/** The shapes of DuckDB's types as far as comparing, ordering and showing values needs them. */
import type { SqlType } from './sql-value';

export type TypeShape =
  | { readonly kind: 'integer' | 'double' | 'boolean' | 'timestamp' | 'date' | 'time' | 'interval' | 'text' }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'list'; readonly item: TypeShape }
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [name: string, shape: TypeShape])[] }
  | { readonly kind: 'map'; readonly key: TypeShape; readonly value: TypeShape };

const SCALARS = new Map<string, TypeShape>();
for (const name of ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'BIGNUM'])
  SCALARS.set(name, { kind: 'integer' });
for (const name of ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT'])
  SCALARS.set(name, { kind: 'integer' });
for (const name of ['DOUBLE', 'FLOAT']) SCALARS.set(name, { kind: 'double' });
for (const name of [
  'TIMESTAMP',
  'TIMESTAMP_S',
  'TIMESTAMP_MS',
  'TIMESTAMP_NS',
  'TIMESTAMPTZ',
  'TIMESTAMP WITH TIME ZONE',
])
  SCALARS.set(name, { kind: 'timestamp' });
SCALARS.set('BOOLEAN', { kind: 'boolean' });
SCALARS.set('DATE', { kind: 'date' });
SCALARS.set('TIME', { kind: 'time' });
SCALARS.set('INTERVAL', { kind: 'interval' });

const TEXT: TypeShape = { kind: 'text' };
const known = new Map<SqlType, TypeShape>(SCALARS);

/** @returns the shape; `text` for every type that Tenon carries as DuckDB's text. Types come from plans, so few. */
export function shapeOf(type: SqlType): TypeShape {
  let shape = known.get(type);
  if (shape === undefined) {
    shape = parse(type.trim());
    known.set(type, shape);
  }
  return shape;
}

function parse(type: string): TypeShape {
  const scalar = SCALARS.get(type.toUpperCase());
  if (scalar !== undefined) return scalar;
  const written = writtenType(type);
  switch (written.kind) {
    case 'list':
      return { kind: 'list', item: shapeOf(written.item) };
    case 'map':
      return { kind: 'map', key: shapeOf(written.key), value: shapeOf(written.value) };
    case 'struct':
      return { kind: 'struct', fields: written.fields.map(([name, field]) => [name, shapeOf(field)]) };
    case 'plain':
      return written.name === 'DECIMAL'
        ? { kind: 'decimal', scale: Number(written.arguments[1] ?? 0) }
        : TEXT;
  }
}

/** A type's text, taken apart one level deep. */
export type WrittenType =
  | { readonly kind: 'plain'; readonly name: string; readonly arguments: readonly string[] }
  /** `length`: of an array of fixed length. */
  | { readonly kind: 'list'; readonly item: SqlType; readonly length?: number }
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [name: string, type: SqlType])[] }
  | { readonly kind: 'map'; readonly key: SqlType; readonly value: SqlType };

/** @returns names in capital letters, as DuckDB writes them */
export function writtenType(text: SqlType): WrittenType {
  const type = text.trim();
  if (type.endsWith(']')) {
    const open = type.lastIndexOf('[');
    const length = type.slice(open + 1, -1);
    return { kind: 'list', item: type.slice(0, open), ...(length !== '' && { length: Number(length) }) };
  }
  const open = type.indexOf('(');
  if (open < 0 || !type.endsWith(')')) return { kind: 'plain', name: type.toUpperCase(), arguments: [] };
  const name = type.slice(0, open).trim().toUpperCase();
  const inner = splitTopLevel(type.slice(open + 1, -1));
  if (name === 'MAP') return { kind: 'map', key: inner[0] ?? '', value: inner[1] ?? '' };
  if (name === 'STRUCT') return { kind: 'struct', fields: inner.map(parseField) };
  return { kind: 'plain', name, arguments: inner };
}

/** `name TYPE` or `"quoted name" TYPE`. */
function parseField(field: string): readonly [string, SqlType] {
  const quoted = /^"((?:[^"]|"")*)"\s*(.*)$/s.exec(field);
  if (quoted) return [quoted[1]!.replaceAll('""', '"'), quoted[2]!];
  const space = field.indexOf(' ');
  return [field.slice(0, space), field.slice(space + 1)];
}

/** Splits at commas outside of parentheses and quotes. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === '"' || c === "'") quote = c;
    else if (c === '(') depth += 1;
    else if (c === ')') depth -= 1;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  return [...parts, text.slice(from).trim()];
}
