/**
 * The row-wise part of a query: what stands below the aggregation. CTEs and subqueries may filter, project, unnest and
 * look up constants, as long as each of their rows comes from one event; everything else is refused.
 *
 * While it checks, it rewrites: the source becomes `{{input}}`, and Tenon's own columns are carried up to the top.
 */
import { type Ast, type AstValue, isAst, locationOf } from '../sql/ast';
import { checkExpression } from './expressions';
import { fromOf, hiddenRef } from './from';
import { HIDDEN } from './names';
import { type CteScope, type RowQuery, type RowsContext, isVisible, rename } from './relations';
import { type Relation, type Scope, lineageOf, namesOf, sameName, stripData } from './scope';
import { checkShape } from './shape';

/** Checks and rewrites a WITH list. */
export async function rowsOfCtes(
  cteMap: AstValue | undefined,
  outer: CteScope,
  context: RowsContext,
): Promise<CteScope> {
  const relations = new Map(outer.relations);
  const entries = [...outer.entries];
  for (const entry of (isAst(cteMap) ? cteMap['map'] : []) as Ast[]) {
    const name = String(entry['key']);
    const value = entry['value'] as Ast;
    const query = (value['query'] as Ast)['node'] as Ast;
    const below = await rowsOfQuery(query, { relations, entries }, null, context);
    const aliases = (value['aliases'] ?? []) as string[];
    entries.push({
      key: name,
      value: { ...value, query: { node: below.node }, materialized: 'CTE_MATERIALIZE_NEVER' },
    });
    relations.set(name.toLowerCase(), rename(below, name, aliases));
  }
  return { relations, entries };
}

/** A row-wise SELECT: a CTE's or a subquery's. */
export async function rowsOfQuery(
  node: Ast,
  ctes: CteScope,
  outer: Scope | null,
  context: RowsContext,
): Promise<RowQuery> {
  const nothing: RowQuery = { node, columns: null, stream: false, lineage: new Map() };
  if (!checkShape(node, 'a subquery', context.problems)) return nothing;
  const { problems } = context;
  const items = node['select_list'] as Ast[];
  for (const clause of ['having', 'group_expressions'] as const) {
    const value = node[clause];
    const at = Array.isArray(value) ? (value[0] as Ast | undefined) : isAst(value) ? value : undefined;
    if (at === undefined) continue;
    problems.add(
      'aggregate-below',
      locationOf(at),
      'A subquery cannot group: its rows must each come from one event.',
      'Aggregate in the outermost SELECT only.',
    );
    return nothing;
  }
  const visible = await rowsOfCtes(node['cte_map'], ctes, context);
  const { from, relations } = await fromOf(node['from_table'] as Ast, visible, outer, context);
  const scope: Scope = { relations, outer };
  const aliases = aliasNames(items);
  const well = [...items, node['where_clause']].map((item, index) => {
    if (!isAst(item) || isPlainStar(item, relations, context)) return true;
    const known = index < items.length ? new Set([...aliases].slice(0, index)) : aliases;
    return checkExpression(item, { ...context, scope, place: 'a subquery', aggregates: false, known });
  });
  const stream = relations.find((relation) => relation.stream);
  const rewritten = {
    ...node,
    cte_map: { map: visible.entries.slice(ctes.entries.length) },
    from_table: from,
    where_clause: stripData(node['where_clause'] ?? null, scope),
    select_list: carryHidden(
      items.map((item) => stripData(item, scope)),
      stream,
      relations,
    ),
  };
  const described = well.every(Boolean)
    ? await context.describe({ ...rewritten, cte_map: { map: [...visible.entries] } })
    : undefined;
  // A lateral subquery can't be described alone: its names are still known if each item has one.
  const columns =
    described?.map(({ name }) => name).filter(isVisible) ?? (outer === null ? null : itemNames(items));
  return { node: rewritten, columns, stream: stream !== undefined, lineage: lineageOfItems(items, scope) };
}

const aliasNames = (items: readonly Ast[]) =>
  new Set(items.map((item) => String(item['alias'] ?? '').toLowerCase()));

function itemNames(items: readonly Ast[]): string[] | null {
  const names = items.map(
    (item) => String(item['alias'] ?? '') || (item['class'] === 'COLUMN_REF' ? namesOf(item).at(-1)! : ''),
  );
  return names.includes('') ? null : names;
}

/** A star that stands for itself: not COLUMNS(…), and with nothing wrong in its REPLACE. */
function isPlainStar(item: Ast, relations: readonly Relation[], context: RowsContext): boolean {
  if (item['class'] !== 'STAR' || item['columns'] === true || isAst(item['expr'])) return false;
  for (const { value } of (item['replace_list'] ?? []) as { value: Ast }[]) {
    checkExpression(value, {
      ...context,
      scope: { relations, outer: null },
      place: 'a subquery',
      aggregates: false,
      known: new Set(),
    });
  }
  return true;
}

/** Carries Tenon's columns through a SELECT: taken out of its stars and put at the end, where no alias list meets them. */
function carryHidden(
  items: readonly Ast[],
  stream: Relation | undefined,
  relations: readonly Relation[],
): Ast[] {
  if (stream === undefined) return [...items];
  const covers = (star: Ast) => {
    const relation = String(star['relation_name'] ?? '');
    return relation === '' || sameName(relation, stream.alias);
  };
  const kept = items.map((item) =>
    item['class'] === 'STAR' && covers(item)
      ? { ...item, exclude_list: [...((item['exclude_list'] ?? []) as string[]), ...HIDDEN] }
      : item,
  );
  return [...kept, ...HIDDEN.map((name) => hiddenRef(name, relations))];
}

function lineageOfItems(items: readonly Ast[], scope: Scope): Map<string, Ast> {
  const lineage = new Map<string, Ast>();
  for (const item of items) {
    if (item['class'] === 'STAR') {
      const relation = String(item['relation_name'] ?? '');
      const replaced = new Set(
        ((item['replace_list'] ?? []) as { key: string }[]).map(({ key }) => key.toLowerCase()),
      );
      for (const one of scope.relations.filter(({ alias }) => relation === '' || sameName(alias, relation))) {
        for (const [name, origin] of one.lineage) if (!replaced.has(name)) lineage.set(name, origin);
      }
      continue;
    }
    const name = String(item['alias'] ?? '') || (item['class'] === 'COLUMN_REF' ? namesOf(item).at(-1)! : '');
    const origin = lineageOf(item, scope);
    if (name !== '' && origin !== undefined) lineage.set(name.toLowerCase(), { ...origin, alias: '' });
  }
  return lineage;
}
