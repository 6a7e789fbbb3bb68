/** FROM: the relations of a query, checked, described and rewritten to read the plan's input. */
import { type Ast, columnRef, isAst, locationOf } from '../sql/ast';
import { checkExpression } from './expressions';
import { ROW_FUNCTIONS } from './functions';
import { INPUT } from './names';
import { selectNode, starOf } from './nodes';
import { nearestName } from './problems';
import { type CteScope, type RowsContext, isVisible, rename } from './relations';
import { type Relation, type Scope, lineageOf, sameName, stripData } from './scope';

export interface FromPart {
  readonly from: Ast;
  readonly relations: Relation[];
}

/** The relations of a FROM, each checked and described. */
export async function fromOf(
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
      const below = await context.subquery((from['subquery'] as Ast)['node'] as Ast, ctes, outer, context);
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
  const { beside } = context;
  const known = [source, ...beside.sources, ...ctes.relations.keys()];
  // A name of a letter or two is near to any other.
  const near = name.length < 3 ? undefined : nearestName(name, known);
  problems.add(
    'unknown-table',
    locationOf(from),
    beside.guessed === true
      ? `There is no source ${[...qualified, name].join('.')}. The catalog has ${[source, ...beside.sources].sort().join(', ')}.`
      : `There is no table ${[...qualified, name].join('.')} here: this product reads the source ${source}, and no other source, product, file or table.`,
    near === undefined || beside.sources.some((other) => sameName(other, name))
      ? `Constants can be joined: FROM ${source} LEFT JOIN (VALUES (1, 'one')) AS t(id, name) ON …; for two sources declare two products.`
      : `Did you mean ${near}?`,
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
  const left = await fromOf(from['left'] as Ast, ctes, outer, context);
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

/** A reference to one of Tenon's columns in a FROM. */
export function hiddenRef(name: string, relations: readonly Relation[]): Ast {
  const stream = relations.find((relation) => relation.stream);
  return stream === undefined ? columnRef(name) : columnRef(stream.alias, name);
}
