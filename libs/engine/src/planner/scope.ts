/** Names in a query: which relation and column a reference means, and what it is in terms of the source. */
import { type Ast, type AstValue, columnRef, rewrite } from '../sql/ast';

export interface Relation {
  /** How references qualify it. */
  readonly alias: string;
  /** Its columns, without Tenon's own; null if they are not known, because something about it is wrong. */
  columns: readonly string[] | null;
  /** Whether the source's rows come through it, and Tenon's columns with them. */
  readonly stream: boolean;
  /** Lower-case column → the expression over the source's columns that it is, where it is one. */
  readonly lineage: ReadonlyMap<string, Ast>;
}

export interface Scope {
  readonly relations: readonly Relation[];
  /** What a lateral subquery sees besides. */
  readonly outer: Scope | null;
}

export interface Resolved {
  readonly relation: Relation;
  readonly column: string;
  /** Fields of a struct below the column. */
  readonly fields: readonly string[];
  /** The reference to write instead, where it was written with the prefix `data.`. */
  readonly names: readonly string[];
}

/**
 * What `names` (as in `relation.column.field`) refers to. `data.x` also means the column x, as an event has it, if
 * nothing else is called data.
 *
 * @returns `unknown`, or `unsure` where relations with unknown columns may have it
 */
export function resolve(names: readonly string[], scope: Scope | null): Resolved | 'unknown' | 'unsure' {
  for (let at = scope; at !== null; at = at.outer) {
    const found = resolveIn(names, at.relations);
    if (found !== 'unknown') return found;
  }
  const [first, ...rest] = names;
  return first?.toLowerCase() === 'data' && rest.length > 0 ? resolve(rest, scope) : 'unknown';
}

function resolveIn(
  names: readonly string[],
  relations: readonly Relation[],
): Resolved | 'unknown' | 'unsure' {
  const [first, second, ...rest] = names;
  if (first === undefined) return 'unknown';
  let unsure = false;
  for (const relation of relations) {
    if (second === undefined || !sameName(relation.alias, first)) continue;
    if (relation.columns === null) unsure = true;
    const column = relation.columns?.find((name) => sameName(name, second));
    if (column !== undefined) return { relation, column, fields: rest, names };
  }
  for (const relation of relations) {
    if (relation.columns === null) unsure = true;
    const column = relation.columns?.find((name) => sameName(name, first));
    if (column !== undefined) return { relation, column, fields: names.slice(1), names };
  }
  return unsure ? 'unsure' : 'unknown';
}

export const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** All columns that a reference could name. */
export function visibleColumns(scope: Scope | null): string[] {
  const columns: string[] = [];
  for (let at = scope; at !== null; at = at.outer)
    for (const { columns: own } of at.relations) columns.push(...(own ?? []));
  return columns;
}

export const namesOf = (ref: Ast) => ref['column_names'] as string[];

/** One spelling for each column, so that `f.origin` and `Origin` are the same expression. */
export function normalize(expression: Ast, scope: Scope): Ast {
  return rewrite(expression, (node) => {
    if (node['class'] !== 'COLUMN_REF') return undefined;
    const found = resolve(namesOf(node), scope);
    if (typeof found === 'string') return node;
    return columnRef(found.relation.alias, found.column, ...found.fields);
  });
}

/** The expression over the source's columns that `expression` comes to, or undefined. */
export function lineageOf(expression: Ast, scope: Scope): Ast | undefined {
  let known = true;
  const traced = rewrite(expression, (node) => {
    if (node['class'] !== 'COLUMN_REF') return undefined;
    const found = resolve(namesOf(node), scope);
    const origin =
      typeof found === 'string' ? undefined : found.relation.lineage.get(found.column.toLowerCase());
    const fields = typeof found === 'string' ? [] : found.fields;
    if (origin === undefined || (fields.length > 0 && origin['class'] !== 'COLUMN_REF')) {
      known = false;
      return node;
    }
    return fields.length === 0 ? origin : { ...origin, column_names: [...namesOf(origin), ...fields] };
  });
  return known ? traced : undefined;
}

/** `data.x` as plain `x`, where nothing is called data. */
export function stripData<T extends AstValue>(value: T, scope: Scope): T {
  return rewrite(value, (node) => {
    if (node['class'] !== 'COLUMN_REF') return undefined;
    const found = resolve(namesOf(node), scope);
    return typeof found === 'string' || found.names.length === namesOf(node).length
      ? node
      : { ...node, column_names: [...found.names] };
  });
}
