/**
 * The row-wise part of a query: what stands below the aggregation. CTEs and subqueries may filter, project, unnest and
 * look up constants, as long as each of their rows comes from one event; everything else is refused.
 *
 * While it checks, it rewrites: the source becomes `{{input}}`, and Tenon's own columns are carried up to the top.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Ast, type AstValue, columnRef, isAst, locationOf, rewrite } from '../sql/ast';
import { checkExpression } from './expressions';
import { type FunctionCatalog, ROW_FUNCTIONS } from './functions';
import { type ProblemList, nearestName } from './problems';
import { type Relation, type Scope, lineageOf, namesOf, resolve, sameName } from './scope';

/** The relation that a plan's SQL reads; the runner puts a table or files in its place. */
export const INPUT = '{{input}}';
/** Columns of the input that no product sees: the partition, and a number for each of its events. */
export const HIDDEN = ['__tenon_partition', '__tenon_row'] as const;

/** Names and types of a query's columns, from DuckDB's binder; or undefined if it can't be bound. */
export type Describe = (node: Ast) => Promise<{ name: string; type: string }[] | undefined>;

export interface RowsContext {
  readonly connection: DuckDBConnection;
  readonly functions: FunctionCatalog;
  readonly problems: ProblemList;
  readonly describe: Describe;
  readonly source: string;
  readonly sourceColumns: readonly string[];
}

/** Which CTEs a query sees, and their rewritten definitions, in order. */
export interface CteScope {
  readonly relations: ReadonlyMap<string, Relation>;
  readonly entries: readonly Ast[];
}

export const NO_CTES: CteScope = { relations: new Map(), entries: [] };

export interface FromPart {
  readonly from: Ast;
  readonly relations: Relation[];
}

export const starOf = (relation: string): Ast => ({
  class: 'STAR',
  type: 'STAR',
  alias: '',
  relation_name: relation,
  exclude_list: [],
  replace_list: [],
  columns: false,
  expr: null,
  qualified_exclude_list: [],
  rename_list: [],
});

export const selectNode = (parts: {
  select: Ast[];
  from: Ast;
  ctes?: readonly Ast[];
  where?: Ast | null;
}): Ast => ({
  type: 'SELECT_NODE',
  modifiers: [],
  cte_map: { map: [...(parts.ctes ?? [])] },
  select_list: parts.select,
  from_table: parts.from,
  where_clause: parts.where ?? null,
  group_expressions: [],
  group_sets: [],
  aggregate_handling: 'STANDARD_HANDLING',
  having: null,
  sample: null,
  qualify: null,
});

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

interface RowQuery {
  readonly node: Ast;
  readonly columns: readonly string[] | null;
  readonly stream: boolean;
  readonly lineage: ReadonlyMap<string, Ast>;
}

/** A row-wise SELECT: a CTE's or a subquery's. */
async function rowsOfQuery(
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
  const { from, relations } = await rowsOfFrom(node['from_table'] as Ast, visible, outer, context);
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

/** The relations of a FROM, each checked and described. */
export async function rowsOfFrom(
  from: Ast,
  ctes: CteScope,
  outer: Scope | null,
  context: RowsContext,
): Promise<FromPart> {
  const part = await fromPart(from, ctes, outer, context);
  await describeRelations(part, ctes, context);
  return part;
}

async function fromPart(
  from: Ast,
  ctes: CteScope,
  outer: Scope | null,
  context: RowsContext,
): Promise<FromPart> {
  const { problems } = context;
  const alias = String(from['alias'] ?? '');
  if (isAst(from['sample'])) {
    problems.add(
      'sample',
      locationOf(from),
      'A sample is another one each time.',
      'Filter by hash(event_id) % 10 = 0.',
    );
  }
  switch (from['type']) {
    case 'EMPTY':
      return { from, relations: [] };
    case 'BASE_TABLE':
      return baseTable(from, ctes, context);
    case 'SUBQUERY': {
      const below = await rowsOfQuery((from['subquery'] as Ast)['node'] as Ast, ctes, outer, context);
      const name = alias === '' ? 'unnamed_subquery' : alias;
      const relation = rename(below, name, (from['column_name_alias'] ?? []) as string[]);
      return {
        from: { ...from, alias: name, subquery: { ...(from['subquery'] as Ast), node: below.node } },
        relations: [relation],
      };
    }
    case 'JOIN':
      return join(from, ctes, outer, context);
    case 'TABLE_FUNCTION':
      return tableFunction(from, outer, context);
    case 'EXPRESSION_LIST': {
      for (const row of from['values'] as Ast[][]) {
        for (const value of row)
          checkExpression(value, {
            ...context,
            scope: { relations: [], outer },
            place: 'VALUES',
            aggregates: false,
            known: new Set(),
          });
      }
      const name = alias === '' ? 'valueslist' : alias;
      return {
        from: { ...from, alias: name },
        relations: [{ alias: name, columns: null, stream: false, lineage: new Map() }],
      };
    }
    default:
      problems.add(
        'from',
        locationOf(from),
        `${String(from['type'])} cannot stand in a product's FROM.`,
        `Read from ${context.source}.`,
      );
      return { from, relations: [] };
  }
}

function baseTable(from: Ast, ctes: CteScope, context: RowsContext): FromPart {
  const { problems, source, sourceColumns } = context;
  const name = String(from['table_name']);
  const alias = String(from['alias'] ?? '') || name;
  const qualified = [from['catalog_name'], from['schema_name']].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  if (isAst(from['at_clause'])) problems.add('from', locationOf(from), 'A source has no versions (AT).');
  const cte = qualified.length === 0 ? ctes.relations.get(name.toLowerCase()) : undefined;
  const aliases = (from['column_name_alias'] ?? []) as string[];
  if (cte !== undefined) return { from, relations: [rename(cte, alias, aliases)] };
  if (qualified.length === 0 && sameName(name, source)) {
    const relation = rename(
      { columns: sourceColumns, stream: true, lineage: ownLineage(sourceColumns) },
      alias,
      aliases,
    );
    return { from: { ...from, table_name: INPUT, alias }, relations: [relation] };
  }
  const known = [source, ...ctes.relations.keys()];
  const near = nearestName(name, known);
  problems.add(
    'unknown-table',
    locationOf(from),
    `There is no table ${[...qualified, name].join('.')}: a product reads one source, and no files or other tables.`,
    near === undefined ? `The source is ${source}.` : `Did you mean ${near}?`,
  );
  return { from, relations: [{ alias, columns: null, stream: false, lineage: new Map() }] };
}

const ownLineage = (columns: readonly string[]) =>
  new Map(columns.map((name) => [name.toLowerCase(), columnRef(name)]));

/** Which sides of a join each row must come from for the join to be row-wise. */
const JOINS: Readonly<Record<string, 'any' | 'left' | 'right'>> = {
  INNER: 'any',
  LEFT: 'left',
  RIGHT: 'right',
  SEMI: 'left',
  ANTI: 'left',
};

async function join(from: Ast, ctes: CteScope, outer: Scope | null, context: RowsContext): Promise<FromPart> {
  const left = await rowsOfFrom(from['left'] as Ast, ctes, outer, context);
  const right = await fromPart(from['right'] as Ast, ctes, { relations: left.relations, outer }, context);
  const part = {
    from: { ...from, left: left.from, right: right.from },
    relations: [...left.relations, ...right.relations],
  };
  await describeRelations(part, ctes, context);
  const at = locationOf(from['right'] as Ast) ?? locationOf(from);
  const streams = [left, right].map(({ relations }) => relations.some(({ stream }) => stream));
  const side = JOINS[String(from['join_type'])];
  const refType = String(from['ref_type']);
  if (streams[0] && streams[1]) {
    context.problems.add(
      'join',
      at,
      'Streams cannot be joined: two events would have to meet.',
      'Aggregate each source in a product of its own, or put both fields into one event.',
    );
  } else if (
    side === undefined ||
    ['ASOF', 'POSITIONAL'].includes(refType) ||
    (side === 'left' && streams[1]) ||
    (side === 'right' && streams[0])
  ) {
    context.problems.add(
      'join',
      at,
      `A ${refType === 'REGULAR' ? String(from['join_type']) : refType} join gives rows that come from no event.`,
      'Join from the source: FROM source LEFT JOIN (VALUES …) AS lookup(key, name) ON …',
    );
  }
  const condition = from['condition'];
  const scope = { relations: part.relations, outer };
  if (!isAst(condition)) return part;
  checkExpression(condition, { ...context, scope, place: 'a join', aggregates: false, known: new Set() });
  return { ...part, from: { ...part.from, condition: stripData(condition, scope) } };
}

function tableFunction(from: Ast, outer: Scope | null, context: RowsContext): FromPart {
  const call = from['function'] as Ast;
  const name = String(call['function_name']).toLowerCase();
  const alias = String(from['alias'] ?? '') || name;
  if (!ROW_FUNCTIONS.has(name)) {
    context.problems.add(
      'unknown-table',
      locationOf(from),
      `${name} cannot stand in a product's FROM: a product reads one source, and no files or other tables.`,
      `The source is ${context.source}; beside it there may be unnest, generate_series, range and hop.`,
    );
    return { from, relations: [{ alias, columns: null, stream: false, lineage: new Map() }] };
  }
  const scope: Scope = outer ?? { relations: [], outer: null };
  const children = call['children'] as Ast[];
  for (const child of children)
    checkExpression(child, { ...context, scope, place: 'FROM', aggregates: false, known: new Set() });
  const column =
    ((from['column_name_alias'] ?? []) as string[])[0] ?? (name === 'hop' ? 'window_start' : name);
  const origin = lineageOf({ ...call, function_name: name, alias: '' }, scope);
  const lineage = new Map(origin === undefined ? [] : [[column.toLowerCase(), origin]]);
  const rewritten = { ...call, children: children.map((child) => stripData(child, scope)) };
  return {
    from: { ...from, function: rewritten, alias },
    relations: [{ alias, columns: null, stream: false, lineage }],
  };
}

/** Asks DuckDB for the columns of relations that don't have them yet. */
async function describeRelations(part: FromPart, ctes: CteScope, context: RowsContext): Promise<void> {
  for (const relation of part.relations) {
    if (relation.columns !== null || !context.problems.empty) continue;
    const described = await context.describe(
      selectNode({ select: [starOf(relation.alias)], from: part.from, ctes: ctes.entries }),
    );
    relation.columns = described?.map(({ name }) => name).filter(isVisible) ?? null;
  }
}

const isVisible = (name: string) => !(HIDDEN as readonly string[]).includes(name);

/** A relation under another name, its first columns perhaps too. */
function rename(
  below: {
    readonly columns: readonly string[] | null;
    readonly stream: boolean;
    readonly lineage: ReadonlyMap<string, Ast>;
  },
  alias: string,
  aliases: readonly string[],
): Relation {
  const columns = below.columns?.map((name, index) => aliases[index] ?? name) ?? null;
  const lineage = new Map<string, Ast>();
  below.columns?.forEach((name, index) => {
    const origin = below.lineage.get(name.toLowerCase());
    if (origin !== undefined) lineage.set((aliases[index] ?? name).toLowerCase(), origin);
  });
  return { alias, columns, stream: below.stream, lineage };
}

/** DISTINCT, ORDER BY, LIMIT, set operations and the rest that no row-wise or grouping SELECT may have. */
export function checkShape(node: Ast, place: string, problems: ProblemList): boolean {
  const firstItem = (node['select_list'] as Ast[] | undefined)?.[0];
  const at = firstItem && locationOf(firstItem);
  if (node['type'] !== 'SELECT_NODE') {
    const left = (node['left'] as Ast | undefined)?.['select_list'] as Ast[] | undefined;
    const recursive = node['type'] === 'RECURSIVE_CTE_NODE';
    problems.add(
      'set-operation',
      left?.[0] && locationOf(left[0]),
      recursive ? 'A recursive query cannot be planned.' : 'UNION, INTERSECT and EXCEPT cannot be planned.',
      'Declare one product for each SELECT.',
    );
    return false;
  }
  let well = true;
  const refuse = (code: string, where: number | undefined, message: string, hint?: string) => {
    problems.add(code, where, message, hint);
    well = false;
  };
  for (const modifier of (node['modifiers'] ?? []) as Ast[]) {
    const orders = modifier['orders'] as Ast[] | undefined;
    if (modifier['type'] === 'DISTINCT_MODIFIER')
      refuse('select-distinct', at, `DISTINCT in ${place} cannot be planned.`, 'GROUP BY the columns.');
    else if (orders !== undefined)
      refuse(
        'order-by',
        locationOf(orders[0]!['expression'] as Ast),
        `ORDER BY in ${place}: a product's rows have the order of their key.`,
        'Leave it out; order when you query.',
      );
    else
      refuse(
        'limit',
        isAst(modifier['limit']) ? locationOf(modifier['limit']) : at,
        `LIMIT in ${place} cannot be planned: which rows are first is known only at the end.`,
        'Leave it out; use HAVING, or limit when you query.',
      );
  }
  if (isAst(node['sample']))
    refuse('sample', at, 'A sample is another one each time.', 'Filter by hash(event_id) % 10 = 0.');
  if (isAst(node['qualify']))
    refuse(
      'window-function',
      locationOf(node['qualify']),
      'QUALIFY needs all rows at once and cannot be merged.',
      'Use HAVING.',
    );
  return well;
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

/** A reference to one of Tenon's columns in a FROM. */
export function hiddenRef(name: string, relations: readonly Relation[]): Ast {
  const stream = relations.find((relation) => relation.stream);
  return stream === undefined ? columnRef(name) : columnRef(stream.alias, name);
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
