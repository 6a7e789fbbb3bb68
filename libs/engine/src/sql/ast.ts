/**
 * DuckDB's parse tree as JSON (json_serialize_sql). Numbers are kept as texts, since JSON's would lose digits of large
 * constants and the difference between 1 and 1.0.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteText } from './text';

export type AstValue = string | boolean | null | Ast | AstValue[];
export interface Ast {
  [key: string]: AstValue | undefined;
}

export interface ParseError {
  readonly message: string;
  /** Byte in the SQL, from 0. */
  readonly at: number | undefined;
}

/** Marks a text that stands for a number. SQL that holds NUL is refused before it gets here. */
const NUMBER = '\u0000';

/** @returns one tree for each statement */
export async function parseSql(connection: DuckDBConnection, sql: string): Promise<Ast[] | ParseError> {
  const serialized = await one(connection, `SELECT json_serialize_sql(CAST(${quoteText(sql)} AS VARCHAR))`);
  const parsed = JSON.parse(
    serialized.replace(/"(?:[^"\\]|\\.)*"|-?(?:\d[\d.eE+-]*|Infinity|NaN)/g, (token) =>
      token.startsWith('"') ? token : `"\\u0000${token}"`,
    ),
  ) as Ast;
  if (parsed['error'] === true) {
    if (/memory/i.test(String(parsed['error_type'])))
      throw new Error(`Out of Memory Error: ${String(parsed['error_message'])}`);
    const position = parsed['position'];
    return {
      message: String(parsed['error_message']),
      at: typeof position === 'string' ? Number(position) : undefined,
    };
  }
  return (parsed['statements'] as Ast[]).map((statement) => rewrite(statement['node'] as Ast, explicitType));
}

/**
 * DuckDB prints the double 1.5e0 as 1.5, which it would read as a decimal: doubles are written as casts of their text,
 * as its parser has it for true and false.
 */
function explicitType(node: Ast): Ast | undefined {
  if (node['class'] !== 'CONSTANT') return undefined;
  const { type, value, is_null: isNull } = node['value'] as Ast;
  if (isNull === true) return undefined;
  const text =
    typeof value === 'boolean' ? (value ? 't' : 'f') : typeof value === 'string' ? value.slice(1) : undefined;
  if (!['DOUBLE', 'FLOAT', 'BOOLEAN'].includes(String((type as Ast)['id'])) || text === undefined)
    return undefined;
  const child = {
    ...node,
    alias: '',
    value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: text },
  };
  const { alias, query_location: location } = node;
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias,
    query_location: location,
    child,
    cast_type: type,
    try_cast: false,
  };
}

/** True if the tree, printed and read again, means the same: what a plan runs is what was written. */
export async function isFaithful(connection: DuckDBConnection, node: Ast): Promise<boolean> {
  const again = await parseSql(connection, await printSql(connection, node));
  return (
    Array.isArray(again) &&
    again.length === 1 &&
    canonical(bareValues(again[0]!)) === canonical(bareValues(node))
  );
}

/** The parser wraps VALUES in `SELECT *`, once more each time that it is printed and read. */
function bareValues(node: Ast): Ast {
  return rewrite(node, (one) => {
    if (one['type'] !== 'SUBQUERY' || !isAst(one['subquery'])) return undefined;
    const { from_table: from } = (one['subquery'] as Ast)['node'] as Ast;
    if (!isAst(from) || from['alias'] !== 'valueslist') return undefined;
    return from['type'] === 'SUBQUERY'
      ? bareValues({ ...one, subquery: from['subquery'] })
      : { ...from, alias: one['alias'] };
  });
}

/** The SQL of a query's tree. */
export async function printSql(connection: DuckDBConnection, node: Ast): Promise<string> {
  const json = JSON.stringify(
    { error: false, statements: [{ node, named_param_map: [] }] },
    (key, value: unknown) => (key === 'query_location' ? undefined : value),
  ).replace(/"\\u0000([^"]*)"/g, '$1');
  return one(connection, `SELECT json_deserialize_sql(CAST(${quoteText(json)} AS JSON))`);
}

async function one(connection: DuckDBConnection, sql: string): Promise<string> {
  const reader = await connection.runAndReadAll(sql);
  return String(reader.getRows()[0]?.[0]);
}

/** Where an expression begins: a byte in the SQL. An operator's own place is in its middle. */
export function locationOf(node: Ast): number | undefined {
  let first = ownLocation(node);
  for (const child of childrenOf(node)) {
    const at = locationOf(child);
    if (at !== undefined && (first === undefined || at < first)) first = at;
  }
  return first;
}

function ownLocation(node: Ast): number | undefined {
  const location = node['query_location'];
  if (typeof location !== 'string') return undefined;
  const at = Number(location.slice(1));
  // DuckDB's mark for «nowhere» is the largest 64-bit integer.
  return at < 1e15 ? at : undefined;
}

/** The number of a number's text. */
export const numberOf = (value: AstValue | undefined) =>
  typeof value === 'string' && value.startsWith(NUMBER) ? Number(value.slice(1)) : undefined;

export const numberText = (value: number) => `${NUMBER}${value}`;

export const isAst = (value: AstValue | undefined): value is Ast =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The children of an expression: expressions, or lists and pairs that hold them. */
export function* childrenOf(node: Ast): Generator<Ast> {
  for (const value of Object.values(node)) yield* nodesIn(value);
}

function* nodesIn(value: AstValue | undefined): Generator<Ast> {
  if (Array.isArray(value)) for (const item of value) yield* nodesIn(item);
  else if (isAst(value)) {
    if (typeof value['class'] === 'string') yield value;
    else yield* childrenOf(value);
  }
}

/** Rebuilds a tree from above; `replace` gives a node's stand-in, or undefined to go on below it. Nothing is changed. */
export function rewrite<T extends AstValue | undefined>(
  value: T,
  replace: (node: Ast) => Ast | undefined,
): T {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, replace)) as AstValue as T;
  if (!isAst(value)) return value;
  const stand = replace(value);
  if (stand !== undefined) return stand as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, rewrite(item, replace)]),
  ) as Ast as T;
}

/** Equal for trees that mean the same: without positions, the case of names, and the tree's own alias. */
export function canonical(node: Ast): string {
  return JSON.stringify(node, function (this: unknown, key: string, value: unknown) {
    // Aliases inside are argument names, as in struct_pack(a := 1).
    if (key === 'query_location' || (key === 'alias' && this === node)) return undefined;
    return key === 'column_names' || key === 'function_name' ? lower(value) : value;
  });
}

const lower = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(lower) : typeof value === 'string' ? value.toLowerCase() : value;

export const columnRef = (...names: string[]): Ast => ({
  class: 'COLUMN_REF',
  type: 'COLUMN_REF',
  alias: '',
  column_names: names,
});

export const withAlias = (node: Ast, alias: string): Ast => ({ ...node, alias });
