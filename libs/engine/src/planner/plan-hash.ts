/** What identifies a definition: equal hash, equal states. */
import { createHash } from 'node:crypto';
import type { ProductDefinition } from '@tenon/domain';
import type { SourceColumn } from '../source-columns';
import { type Ast, rewrite } from '../sql/ast';
import { namesOf } from './scope';
import { STATE_RULES } from './states';

/** @param columns of the source that the product reads: others may come and go */
export function planHash(
  product: ProductDefinition,
  source: string,
  sql: Ast,
  columns: readonly SourceColumn[],
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
  };
  return createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 32);
}

/** The source's columns that the SQL mentions, all of them where there is a star; and always the event's time. */
export function mentionedColumns(sql: Ast, columns: readonly SourceColumn[]): SourceColumn[] {
  const mentioned = new Set(['event_time']);
  let all = false;
  rewrite(sql, (node) => {
    const names =
      node['class'] === 'COLUMN_REF' ? namesOf(node) : ((node['using_columns'] ?? []) as string[]);
    for (const name of names) mentioned.add(name.toLowerCase());
    if (node['class'] === 'STAR' || node['ref_type'] === 'NATURAL') all = true;
    return undefined;
  });
  return columns.filter(({ name }) => all || mentioned.has(name.toLowerCase()));
}
