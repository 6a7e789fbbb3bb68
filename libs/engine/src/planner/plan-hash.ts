/** What identifies a definition: equal hash, equal states. */
import { createHash } from 'node:crypto';
import type { ProductDefinition, SourceDefinition } from '@tenon/domain';
import { type SourceColumn, attributesOf, columnsOf } from '../source-columns';
import { type Ast, rewrite } from '../sql/ast';
import { namesOf } from './scope';
import { STATE_RULES } from './states';

/**
 * @param columns of the source that the product reads: others may come and go
 * @param order of the keys, where earlier releases had another; null: they had the same
 */
export function planHash(
  product: ProductDefinition,
  source: string,
  sql: Ast,
  columns: readonly SourceColumn[],
  order: readonly number[] | null,
): string {
  const definition = {
    rules: STATE_RULES,
    product: product.name,
    version: product.version,
    retention: product.retentionMicros,
    source,
    // The parse tree: white space, comments and the case of key words are gone.
    sql: JSON.stringify(sql, (key, value: unknown) => (key === 'query_location' ? undefined : value)),
    columns: columns.map(({ name, type, path }) => [name, type, path]),
    ...(order !== null && { order }),
  };
  return createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 32);
}

/**
 * The source's columns that the SQL mentions, all of them where there is a star; and always the event's time. `a.b` is the
 * field b of a column a, unless something that is read from is called a.
 */
export function mentionedColumns(sql: Ast, columns: readonly SourceColumn[]): SourceColumn[] {
  const mentioned = new Set(['event_time']);
  const known = new Set(columns.map(({ name }) => name.toLowerCase()));
  const relations = relationNames(sql);
  let all = false;
  rewrite(sql, (node) => {
    if (node['class'] === 'COLUMN_REF') {
      const names = namesOf(node).map((name) => name.toLowerCase());
      const first = names[0] as string;
      const isColumn = known.has(first) && !relations.has(first);
      for (const name of isColumn ? [first] : names) mentioned.add(name);
    } else for (const name of (node['using_columns'] ?? []) as string[]) mentioned.add(name.toLowerCase());
    if (node['class'] === 'STAR' || node['ref_type'] === 'NATURAL') all = true;
    return undefined;
  });
  return columns.filter(({ name }) => all || mentioned.has(name.toLowerCase()));
}

/** The columns that a product has: those of a star, and of the others those that its SQL names. */
export function columnsFor(sql: Ast, source: SourceDefinition): readonly SourceColumn[] {
  const named = new Set<string>();
  rewrite(sql, (node) => {
    if (node['class'] === 'COLUMN_REF') for (const name of namesOf(node)) named.add(name.toLowerCase());
    return undefined;
  });
  return [...columnsOf(source), ...attributesOf(source).filter(({ name }) => named.has(name))];
}

/** What stands before a column's name: tables, their aliases, and `data`. In lower case. */
function relationNames(sql: Ast): Set<string> {
  const names = new Set(['data']);
  rewrite(sql, (node) => {
    for (const name of ['table_name', 'alias', 'schema_name', 'catalog_name'])
      if (typeof node[name] === 'string' && node[name] !== '') names.add(node[name].toLowerCase());
    return undefined;
  });
  return names;
}
