/** From one SELECT to a plan: what a product's SQL means, or everything that is wrong with it. */
import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import type {
  Plan,
  PlanColumn,
  PlanKey,
  PlanMeasure,
  PlanWindow,
  ProductDefinition,
  SourceDefinition,
  SqlType,
} from '@tenon/domain';
import { Database, messageOf } from '../sql/database';
import {
  type Ast,
  canonical,
  columnRef,
  isAst,
  isFaithful,
  locationOf,
  numberText,
  parseSql,
  printSql,
  rewrite,
  withAlias,
} from '../sql/ast';
import { quoteName } from '../sql/text';
import { type SourceColumn, columnsOf } from '../source-columns';
import type { EngineSql } from '../engine-sql';
import { type ComposedParts, composeLive, composePartial, composeRowCount, openInput } from './compose';
import { checkExpression } from './expressions';
import { FunctionCatalog } from './functions';
import { MACROS } from './macros';
import { type MeasureCall, isProblem, readMeasure } from './measures';
import { ProblemList } from './problems';
import {
  HIDDEN,
  INPUT,
  NO_CTES,
  type RowsContext,
  checkShape,
  hiddenRef,
  rowsOfCtes,
  rowsOfFrom,
  selectNode,
  stripData,
} from './rows';
import { type Scope, lineageOf, namesOf, normalize, resolve, sameName } from './scope';
import { STATE_RULES, type StateDraft, isComparable, statesOf } from './states';
import { type WindowSize, windowOf } from './window';

const ONE: Ast = {
  class: 'CONSTANT',
  type: 'VALUE_CONSTANT',
  alias: 'one',
  value: { type: { id: 'INTEGER', type_info: null }, is_null: false, value: numberText(1) },
};

const TRUE: Ast = {
  ...ONE,
  value: { type: { id: 'BOOLEAN', type_info: null }, is_null: false, value: true },
};

export const CELLS = '{{cells}}';

export class Planner {
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly database: Database,
    private readonly functions: FunctionCatalog,
  ) {}

  static async open(): Promise<Planner> {
    const database = await Database.open({ threads: 1, files: false }, ['SET errors_as_json = true']);
    return database.use(async (connection) => {
      for (const macro of MACROS) await connection.run(macro);
      return new Planner(database, await FunctionCatalog.load(connection));
    });
  }

  /**
   * One plan at a time: each has the session's temporary tables to itself.
   *
   * @throws Refusal (`plan-refused`) with every problem found
   */
  plan(source: SourceDefinition, product: ProductDefinition): Promise<Plan> {
    const planned = this.queue.then(() =>
      this.database.use((connection) => new Planning(connection, this.functions, source, product).plan()),
    );
    this.queue = planned.catch(() => undefined);
    return planned;
  }

  close(): void {
    this.database.close();
  }
}

interface Measure {
  readonly node: Ast;
  readonly call: MeasureCall;
}

interface Item {
  /** As written, but for `data.` and the input's name. */
  readonly written: Ast;
  /** With the aliases that it uses put in. */
  readonly expanded: Ast;
}

class Planning {
  private readonly problems: ProblemList;
  private readonly columns: readonly SourceColumn[];
  private readonly context: RowsContext;
  /** The names in the outermost FROM. */
  private scope: Scope = { relations: [], outer: null };
  /** DuckDB's objection to the whole, without a place. */
  private unplaced: string | undefined;

  constructor(
    private readonly connection: DuckDBConnection,
    private readonly functions: FunctionCatalog,
    private readonly source: SourceDefinition,
    private readonly product: ProductDefinition,
  ) {
    this.problems = new ProblemList(product.sql);
    this.columns = columnsOf(source);
    this.context = {
      connection,
      functions,
      problems: this.problems,
      describe: async (node) => {
        const described = await this.describe(node);
        return 'error' in described ? undefined : described.columns;
      },
      source: source.name,
      sourceColumns: this.columns.map(({ name }) => name),
    };
  }

  async plan(): Promise<Plan> {
    const top = await this.parse();
    await this.createInput();
    try {
      return await this.planSelect(top);
    } finally {
      await this.connection.run(
        `DROP VIEW IF EXISTS ${quoteName(this.source.name)}; DROP TABLE IF EXISTS ${quoteName(INPUT)}`,
      );
    }
  }

  private async parse(): Promise<Ast> {
    const { sql } = this.product;
    const reserved = /\u0000|\{\{|__tenon/i.exec(sql);
    if (reserved !== null) {
      this.problems.add(
        'reserved-name',
        Buffer.byteLength(sql.slice(0, reserved.index)),
        `${JSON.stringify(reserved[0])} is reserved for Tenon.`,
        'Use another name.',
      );
      this.problems.throwIfAny();
    }
    const parsed = await parseSql(this.connection, sql);
    if (!Array.isArray(parsed)) {
      const notSelect = /^Only SELECT/.test(parsed.message);
      if (notSelect)
        this.problems.add(
          'not-a-select',
          parsed.at,
          'A product is one SELECT.',
          'Write SELECT … FROM source GROUP BY …',
        );
      else this.problems.add('parse-error', parsed.at, `The SQL cannot be read: ${parsed.message}.`);
    } else if (parsed.length !== 1) {
      const second = (parsed[1]?.['select_list'] as Ast[] | undefined)?.[0];
      this.problems.add(
        'several-statements',
        second && locationOf(second),
        parsed.length === 0 ? 'There is no SQL.' : 'A product is one SELECT; here are several statements.',
        'Declare one product for each.',
      );
    } else if (await isFaithful(this.connection, parsed[0]!)) return parsed[0]!;
    else
      this.problems.add(
        'not-supported',
        undefined,
        'DuckDB cannot write this SQL back as it was.',
        'Please report it; another spelling will do.',
      );
    this.problems.throwIfAny();
    throw new Error('unreachable');
  }

  /** An empty relation with the source's columns, for the binder; and a view with the source's name on it. */
  private async createInput(): Promise<void> {
    const own = this.columns.map(({ name, type }) => `${quoteName(name)} ${type}`);
    const hidden = HIDDEN.map((name) => `${quoteName(name)} BIGINT`);
    await this.connection.run(
      `CREATE OR REPLACE TEMP TABLE ${quoteName(INPUT)} (${[...own, ...hidden].join(', ')})`,
    );
    const names = this.columns.map(({ name }) => quoteName(name)).join(', ');
    await this.connection.run(
      `CREATE OR REPLACE TEMP VIEW ${quoteName(this.source.name)} AS SELECT ${names} FROM ${quoteName(INPUT)}`,
    );
  }

  private async planSelect(top: Ast): Promise<Plan> {
    const { problems } = this;
    const shaped = checkShape(top, 'a product', problems);
    if (top['type'] !== 'SELECT_NODE') problems.throwIfAny();
    const ctes = await rowsOfCtes(top['cte_map'], NO_CTES, this.context);
    const { from, relations } = await rowsOfFrom(top['from_table'] as Ast, ctes, null, this.context);
    const scope: Scope = { relations, outer: null };
    this.scope = scope;
    if (problems.empty && !relations.some(({ stream }) => stream)) {
      problems.add(
        'no-source',
        undefined,
        `The product does not read ${this.source.name}.`,
        `SELECT … FROM ${this.source.name}`,
      );
    }
    const checked = this.checkClauses(top, scope) && shaped;
    const items = this.expandItems(top, scope);
    const { keys, unsure } = this.keysOf(top, items, scope);
    const where = isAst(top['where_clause']) ? this.expand(top['where_clause'], items, scope, false) : null;
    const having = isAst(top['having']) ? this.expandHaving(top['having'], items, keys, scope) : null;
    const select = (list: Ast[], node: Ast | null = where) =>
      selectNode({ select: list, from, ctes: ctes.entries, where: node });

    const registry = new Registry(scope, keys, this.functions, problems, unsure);
    const shown = items.map((item) => registry.replace(item.expanded));
    const filter = having === null ? null : registry.replace(having);
    const bound: { name: string; type: string }[] | undefined =
      checked && problems.empty ? await this.bindOriginal(top, select, items) : undefined;
    // Where something is wrong, look for what else is, unless FROM itself can't be bound.
    if (bound === undefined && relations.every(({ columns }) => columns !== null))
      await this.probe(keys, registry, where, select);
    if (problems.empty && this.unplaced !== undefined) problems.add('sql-error', undefined, this.unplaced);
    if (problems.empty && keys.length + registry.measures.length === 0) {
      problems.add(
        'no-aggregate',
        undefined,
        'The product aggregates nothing: its rows would be the events.',
        'Use count(*), sum(x) … or GROUP BY.',
      );
    }
    problems.throwIfAny();

    const rowItems = [
      ...keys.map((key, index) => withAlias(key, `k${index}`)),
      ...registry.rowColumns(),
      ONE,
    ];
    const rowTypes = await this.typesOf(select(rowItems));
    const measureTypes =
      registry.measures.length === 0
        ? []
        : await this.typesOf(
            select(registry.measures.map(({ node }, index) => withAlias(node, `m${index}`))),
          );
    const windows = await Promise.all(
      keys.map((key) => windowOf(lineageOf(key, scope), (node) => this.evaluate(node))),
    );
    const order = orderKeys(windows);
    const keyTypes = order.map((index) => (rowTypes[index]! === 'JSON' ? 'VARCHAR' : rowTypes[index]!));
    order.forEach((index) => this.checkKey(keys[index]!, rowTypes[index]!));
    const drafts = new Map<string, { draft: StateDraft; index: number }>();
    const measures = registry.measures.map((measure, index) =>
      this.measure(measure, index, registry, rowTypes.slice(keys.length), measureTypes, drafts),
    );
    const finalize = await this.finalizeSql(shown, filter, order, keyTypes, measures);
    const columns = shown.map((node, index) =>
      this.column(
        node,
        { name: bound![index]!.name, type: finalize?.types.get(index) ?? measureType(node, measures) },
        order,
        keyTypes,
      ),
    );
    this.checkColumns(columns, items);
    const window = this.window(windows[order[0] ?? 0], columns, keys[order[0] ?? 0]);
    problems.throwIfAny();

    const orderedKeys = order.map((from_, to) => withAlias(keys[from_]!, `k${to}`));
    const hidden = HIDDEN.map((name) => withAlias(hiddenRef(name, relations), name));
    const rows = openInput(
      await printSql(this.connection, select([...orderedKeys, ...registry.rowColumns(), ...hidden])),
    );
    const states = [...drafts.values()].map(({ draft }) => draft);
    const parts: ComposedParts = {
      rows: castJsonKeys(
        rows,
        order.map((index) => rowTypes[index]!),
      ),
      keyTypes,
      states,
    };
    const needed = this.neededColumns(top);
    const plan: Omit<Plan, 'hash'> = {
      v: 1,
      product: this.product.name,
      version: this.product.version,
      source: this.source.name,
      topology: this.product.topology,
      retentionMicros: this.product.retentionMicros,
      description: this.product.description ?? null,
      sql: this.product.sql,
      columns,
      key: order.map((_, index): PlanKey => ({
        column: columns.find((column) => column.role === 'key' && column.index === index)?.name ?? null,
        type: keyTypes[index]!,
      })),
      window,
      states: states.map(({ spec }) => spec),
      measures,
      engine: engineSql({
        columns: needed.map(({ name, type }) => ({ name, type })),
        partial: composePartial(parts),
        live: composeLive(parts),
        rows: multiplies(top) ? composeRowCount(rows) : null,
        finalize: finalize?.sql ?? null,
        decoders: states.map(({ decoder }) => decoder),
        uses: shown.map((node) => measuresIn(node)),
      }),
    };
    return { ...plan, hash: this.hash(top, needed) };
  }

  /** Everything that single expressions can have wrong. */
  private checkClauses(top: Ast, scope: Scope): boolean {
    const rules = { functions: this.functions, problems: this.problems, scope };
    const items = top['select_list'] as Ast[];
    const aliases = items.map((item) => String(item['alias'] ?? '').toLowerCase());
    let well = true;
    items.forEach((item, index) => {
      const known = new Set(aliases.slice(0, index).filter((name) => name !== ''));
      if (!checkExpression(item, { ...rules, place: 'the SELECT list', aggregates: true, known }))
        well = false;
    });
    const known = new Set(aliases.filter((name) => name !== ''));
    const clauses: [Ast, string, boolean][] = [
      ...(isAst(top['where_clause'])
        ? [[top['where_clause'], 'WHERE', false] as [Ast, string, boolean]]
        : []),
      ...(top['group_expressions'] as Ast[]).map((node): [Ast, string, boolean] => [node, 'GROUP BY', false]),
      ...(isAst(top['having']) ? [[top['having'], 'HAVING', true] as [Ast, string, boolean]] : []),
    ];
    for (const [node, place, aggregates] of clauses) {
      if (!checkExpression(node, { ...rules, place, aggregates, known })) well = false;
    }
    const sets = top['group_sets'] as unknown[];
    if (sets.length > 1) {
      const at = (top['group_expressions'] as Ast[])[0];
      this.problems.add(
        'grouping-sets',
        at && locationOf(at),
        'ROLLUP, CUBE and GROUPING SETS cannot be planned: a cell has one key.',
        'Declare one product for each grouping.',
      );
    }
    return well;
  }

  private expandItems(top: Ast, scope: Scope): Item[] {
    const items: Item[] = [];
    for (const item of top['select_list'] as Ast[]) {
      items.push({ written: stripData(item, scope), expanded: this.expand(item, items, scope, false) });
    }
    return items;
  }

  /** Puts in what aliases stand for. A column of the source goes before an alias, except in HAVING. */
  private expand(node: Ast, items: readonly Item[], scope: Scope, aliasFirst: boolean): Ast {
    return rewrite(stripData(node, scope), (ref) => {
      if (ref['class'] !== 'COLUMN_REF') return undefined;
      const [name, ...rest] = namesOf(ref);
      if (rest.length > 0 || (!aliasFirst && resolve([name!], scope) !== 'unknown')) return undefined;
      const item = items.find(({ written }) => sameName(String(written['alias'] ?? ''), name!));
      return item && withAlias(item.expanded, String(ref['alias'] ?? ''));
    });
  }

  private expandHaving(having: Ast, items: readonly Item[], keys: readonly Ast[], scope: Scope): Ast {
    const known = new Set(keys.map((key) => canonical(normalize(key, scope))));
    return rewrite(stripData(having, scope), (node) => {
      if (known.has(canonical(normalize(node, scope)))) return node;
      return node['class'] === 'COLUMN_REF' ? this.expand(node, items, scope, true) : undefined;
    });
  }

  /** What GROUP BY groups by: expressions, positions, aliases, or ALL. */
  private keysOf(top: Ast, items: readonly Item[], scope: Scope): { keys: Ast[]; unsure: boolean } {
    const groups = top['group_expressions'] as Ast[];
    const all = top['aggregate_handling'] === 'FORCE_AGGREGATES' && groups.length === 0;
    const found: (Ast | undefined)[] = all
      ? items
          .filter(({ expanded }) => !this.hasAggregate(expanded) && mentionsColumn(expanded))
          .map(({ expanded }) => expanded)
      : groups.map((group) => this.group(group, items, scope));
    const keys = new Map<string, Ast>();
    for (const key of found) {
      if (key === undefined) continue;
      const name = canonical(normalize(key, scope));
      if (!keys.has(name)) keys.set(name, withAlias(key, ''));
    }
    return { keys: [...keys.values()], unsure: found.includes(undefined) };
  }

  private group(group: Ast, items: readonly Item[], scope: Scope): Ast | undefined {
    if (group['class'] === 'CONSTANT') {
      const value = (group['value'] as Ast)['value'];
      const position = typeof value === 'string' ? Number(value.slice(1)) : NaN;
      const item = items[position - 1];
      if (item === undefined)
        this.problems.add(
          'group-position',
          locationOf(group),
          `GROUP BY has no position ${position}.`,
          `The SELECT list has ${items.length}.`,
        );
      return item?.expanded;
    }
    const key = this.expand(group, group['class'] === 'COLUMN_REF' ? items : [], scope, false);
    if (!this.hasAggregate(key)) return key;
    this.problems.add('group-aggregate', locationOf(group), 'An aggregate cannot be grouped by.');
    return undefined;
  }

  private hasAggregate(node: Ast): boolean {
    let found = false;
    rewrite(node, (one) => {
      if (one['class'] === 'FUNCTION' && this.isAggregate(one)) found = true;
      return undefined;
    });
    return found;
  }

  private isAggregate(call: Ast): boolean {
    return (
      this.functions.verdict(String(call['function_name']), (call['children'] as Ast[]).length) ===
      'aggregate'
    );
  }

  /** Binds the SQL as it was written, for DuckDB's own errors at their places. @returns names and types of the columns */
  private async bindOriginal(
    top: Ast,
    select: (list: Ast[]) => Ast,
    items: readonly Item[],
  ): Promise<{ name: string; type: string }[] | undefined> {
    const scope = this.scope;
    const node: Ast = {
      ...top,
      ...select(items.map(({ written }) => written)),
      group_expressions: stripData(top['group_expressions'] as Ast[], scope),
      group_sets: top['group_sets'],
      aggregate_handling: top['aggregate_handling'],
      having: stripData(top['having'] ?? null, scope),
    };
    const prepared = await this.prepare(this.product.sql);
    const described = await this.describe(node);
    if (!('error' in described)) {
      const names = 'names' in prepared ? prepared.names : described.columns.map(({ name }) => name);
      return described.columns.map(({ type }, index) => ({ name: names[index]!, type }));
    }
    if ('message' in prepared && prepared.at !== undefined)
      this.problems.add('sql-error', prepared.at, prepared.message);
    else this.unplaced = 'message' in prepared ? prepared.message : described.error;
    return undefined;
  }

  /** Looks for type errors one by one, so that the first does not hide the others. */
  private async probe(
    keys: readonly Ast[],
    registry: Registry,
    where: Ast | null,
    select: (list: Ast[], where?: Ast | null) => Ast,
  ): Promise<void> {
    const parts: [Ast, Ast][] = [...keys, ...registry.measures.map(({ node }) => node)].map((node) => [
      node,
      select([withAlias(node, 'x')], null),
    ]);
    if (where !== null) parts.push([where, select([ONE], where)]);
    for (const [node, query] of parts) {
      const described = await this.describe(query);
      if (
        'error' in described &&
        !/must appear in the GROUP BY|not found in FROM|does not exist|parameter/.test(described.error)
      ) {
        this.problems.add('sql-error', locationOf(node), described.error);
      }
    }
  }

  private async describe(
    node: Ast,
  ): Promise<{ columns: { name: string; type: string }[] } | { error: string }> {
    try {
      const reader = await this.connection.runAndReadAll(`DESCRIBE ${await printSql(this.connection, node)}`);
      return {
        columns: reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) })),
      };
    } catch (error) {
      return { error: duckError(error).message };
    }
  }

  private async typesOf(node: Ast): Promise<SqlType[]> {
    const described = await this.describe(node);
    if ('error' in described) throw new Error(`The planner's own query does not bind: ${described.error}`);
    return described.columns.map(({ type }) => type);
  }

  /** The column names of the SQL as it was written, or why it does not bind. */
  private async prepare(
    sql: string,
  ): Promise<{ names: string[] } | { message: string; at: number | undefined }> {
    try {
      const prepared = await this.connection.prepare(sql);
      const names = Array.from({ length: prepared.columnCount }, (_, index) => prepared.columnName(index));
      prepared.destroySync();
      return { names };
    } catch (error) {
      return duckError(error);
    }
  }

  private async evaluate(node: Ast): Promise<unknown> {
    try {
      return (await this.connection.runAndReadAll(await printSql(this.connection, node))).getRows()[0]?.[0];
    } catch {
      return undefined;
    }
  }

  private checkKey(key: Ast, type: SqlType): void {
    if (isComparable(type)) return;
    const hop = /"hop_starts"/.test(canonical(key));
    this.problems.add(
      'key-type',
      locationOf(key),
      `A key of type ${type} has no order, so it cannot name a cell.`,
      hop
        ? "Use hop in FROM: FROM source, hop(event_time, INTERVAL '1 hour', INTERVAL '15 minutes')."
        : 'Group by a field of it, or by CAST(x AS VARCHAR).',
    );
  }

  private measure(
    { node, call }: Measure,
    index: number,
    registry: Registry,
    argTypes: readonly SqlType[],
    measureTypes: readonly SqlType[],
    drafts: Map<string, { draft: StateDraft; index: number }>,
  ): PlanMeasure {
    const args = call.args.map((arg) => registry.rowColumn(arg, 'a'));
    const filters = call.filters.map((filter) => registry.rowColumn(filter, 'f'));
    // DuckDB cuts the quantile of a decimal to a whole number; a list of quantiles it leaves whole, and so do we.
    const type =
      call.fn === 'quantile' &&
      /^DECIMAL/.test(argTypes[args[0]!.index]!) &&
      !measureTypes[index]!.endsWith(']')
        ? argTypes[args[0]!.index]!
        : measureTypes[index]!;
    const placed = {
      args: args.map(({ name }) => name),
      filters: filters.map(({ name }) => name),
      types: args.map((arg) => argTypes[arg.index]!),
    };
    const states = statesOf(call, placed, type);
    if (!Array.isArray(states)) {
      this.problems.add('not-mergeable', locationOf(node), states.message, states.hint);
      return { fn: call.fn, states: [], type };
    }
    const indices = states.map((draft) => {
      const known = drafts.get(draft.name);
      if (known === undefined) drafts.set(draft.name, { draft, index: drafts.size });
      else if (known.draft.columns.length < draft.columns.length)
        drafts.set(draft.name, { draft, index: known.index });
      return drafts.get(draft.name)!.index;
    });
    return { fn: call.fn, states: indices, type, ...(call.params && { params: call.params }) };
  }

  private column(
    node: Ast,
    { name, type }: { name: string; type: SqlType },
    order: readonly number[],
    keyTypes: readonly SqlType[],
  ): PlanColumn {
    const reference = referenceOf(node);
    if (reference?.kind === 'k') {
      const index = order.indexOf(reference.index);
      return { name, type: keyTypes[index]!, role: 'key', index };
    }
    if (reference?.kind === 'm') return { name, type, role: 'measure', index: reference.index };
    return { name, type, role: 'expression', index: null };
  }

  private checkColumns(columns: readonly PlanColumn[], items: readonly Item[]): void {
    const seen = new Set<string>();
    columns.forEach(({ name }, index) => {
      const at = locationOf(items[index]!.written);
      if (name === '_cell' || name === '_status')
        this.problems.add(
          'reserved-name',
          at,
          `A column cannot be called ${name}: every row has one already.`,
          'Use another alias.',
        );
      if (seen.has(name.toLowerCase()))
        this.problems.add(
          'duplicate-column',
          at,
          `There are two columns ${name}.`,
          'Give one of them an alias.',
        );
      seen.add(name.toLowerCase());
    });
  }

  private window(
    size: WindowSize | undefined,
    columns: readonly PlanColumn[],
    key: Ast | undefined,
  ): PlanWindow | null {
    if (size === undefined) return null;
    const column = columns.find(({ role, index }) => role === 'key' && index === 0);
    if (column === undefined) {
      this.problems.add(
        'window-not-shown',
        key && locationOf(key),
        'The SELECT list does not show the window: rows of different windows would look alike.',
        'Add it, e.g. time_bucket(…) AS window_start.',
      );
      return null;
    }
    return { column: column.name, ...size };
  }

  /** The source's columns that the SQL mentions, all of them where there is a star; and always the event's time. */
  private neededColumns(top: Ast): SourceColumn[] {
    const mentioned = new Set(['event_time']);
    let all = false;
    rewrite(top, (node) => {
      if (node['class'] === 'COLUMN_REF') for (const name of namesOf(node)) mentioned.add(name.toLowerCase());
      if (node['class'] === 'STAR' || node['ref_type'] === 'NATURAL') all = true;
      for (const name of (node['using_columns'] ?? []) as string[]) mentioned.add(name.toLowerCase());
      return undefined;
    });
    return this.columns.filter(({ name }) => all || mentioned.has(name.toLowerCase()));
  }

  /** The SELECT over finalized cells that gives what is more than a key or a measure, and HAVING; with the types of it. */
  private async finalizeSql(
    shown: readonly Ast[],
    filter: Ast | null,
    order: readonly number[],
    keyTypes: readonly SqlType[],
    measures: readonly PlanMeasure[],
  ): Promise<{ sql: string; types: Map<number, SqlType> } | null> {
    const reorder = (node: Ast) =>
      rewrite(node, (one) => {
        const reference = referenceOf(one);
        return reference?.kind === 'k' ? columnRef(cellName('k', order.indexOf(reference.index))) : undefined;
      });
    const expressions = shown.flatMap((node, index) =>
      referenceOf(node) === undefined ? [{ index, node: withAlias(reorder(node), `c${index}`) }] : [],
    );
    if (expressions.length === 0 && filter === null) return null;
    const having = filter === null ? TRUE : castToBoolean(reorder(filter));
    const from: Ast = {
      type: 'BASE_TABLE',
      alias: '',
      sample: null,
      schema_name: '',
      table_name: CELLS,
      column_name_alias: [],
      catalog_name: '',
      at_clause: null,
    };
    const select = [
      withAlias(columnRef('i'), 'i'),
      ...expressions.map(({ node }) => node),
      withAlias(having, 'h'),
    ];
    const node = selectNode({ select, from });
    const parts = [
      'i BIGINT',
      ...keyTypes.map((type, index) => `${cellName('k', index)} ${type}`),
      ...measures.map(({ type }, index) => `${cellName('m', index)} ${type}`),
    ];
    await this.connection.run(`CREATE OR REPLACE TEMP TABLE ${quoteName(CELLS)} (${parts.join(', ')})`);
    const described = await this.describe(node);
    await this.connection.run(`DROP TABLE ${quoteName(CELLS)}`);
    if ('error' in described) {
      this.problems.add('sql-error', expressions[0] && locationOf(expressions[0].node), described.error);
      return null;
    }
    return {
      sql: (await printSql(this.connection, node)).replaceAll(quoteName(CELLS), CELLS),
      types: new Map(
        expressions.map(({ index }, position) => [index, described.columns[position + 1]!.type]),
      ),
    };
  }

  private hash(top: Ast, needed: readonly SourceColumn[]): string {
    const definition = JSON.stringify({
      rules: STATE_RULES,
      product: this.product.name,
      version: this.product.version,
      retention: this.product.retentionMicros,
      source: this.source.name,
      sql: JSON.parse(
        JSON.stringify(top, (key, value: unknown) => (key === 'query_location' ? undefined : value)),
      ) as unknown,
      columns: needed.map(({ name, type, path }) => [name, type, path]),
    });
    return createHash('sha256').update(definition).digest('hex').slice(0, 32);
  }
}

/** Collects a product's aggregates, and what they need of each row. */
class Registry {
  readonly measures: Measure[] = [];
  private readonly known = new Map<string, number>();
  private readonly keyNames: ReadonlyMap<string, number>;
  private readonly rows = new Map<string, { name: string; index: number; node: Ast }>();

  constructor(
    private readonly scope: Scope,
    keys: readonly Ast[],
    private readonly functions: FunctionCatalog,
    private readonly problems: ProblemList,
    /** Some of GROUP BY could not be read. */
    private readonly keysUnsure: boolean,
  ) {
    this.keyNames = new Map(keys.map((key, index) => [canonical(normalize(key, scope)), index]));
  }

  /** An expression over keys and measures (as `__tenon_k0`, `__tenon_m0`) instead of over rows. */
  replace(node: Ast): Ast {
    return rewrite(node, (one) => {
      if (typeof one['class'] !== 'string') return undefined;
      const key = this.keyNames.get(canonical(normalize(one, this.scope)));
      if (key !== undefined) return withAlias(columnRef(cellName('k', key)), String(one['alias'] ?? ''));
      if (one['class'] === 'LAMBDA') return this.lambda(one);
      if (one['class'] === 'COLUMN_REF') return this.ungrouped(one);
      if (one['class'] !== 'FUNCTION') return undefined;
      const verdict = this.functions.verdict(String(one['function_name']), (one['children'] as Ast[]).length);
      // What it is of is not known: it has been refused already.
      if (verdict === 'unknown' || verdict === 'aggregate-macro') return one;
      if (verdict !== 'aggregate') return undefined;
      const measure = this.register(one);
      return measure === undefined
        ? one
        : withAlias(columnRef(cellName('m', measure)), String(one['alias'] ?? ''));
    });
  }

  /** A lambda's parameters are no columns. */
  private lambda(lambda: Ast): Ast {
    const parameters = new Set<string>();
    rewrite(lambda['lhs'], (node) => {
      if (node['class'] === 'COLUMN_REF') parameters.add(namesOf(node)[0]!.toLowerCase());
      return undefined;
    });
    const bound: Ast = rewrite(lambda['expr'] as Ast, (node) => {
      const parameter = node['class'] === 'COLUMN_REF' && parameters.has(namesOf(node)[0]!.toLowerCase());
      return parameter ? columnRef(`\u0001${namesOf(node)[0]}`, ...namesOf(node).slice(1)) : undefined;
    });
    const replaced = this.replace(bound);
    return {
      ...lambda,
      expr: rewrite(replaced, (node) => {
        if (node['class'] !== 'COLUMN_REF' || !namesOf(node)[0]!.startsWith('\u0001')) return undefined;
        return columnRef(namesOf(node)[0]!.slice(1), ...namesOf(node).slice(1));
      }),
    };
  }

  private ungrouped(ref: Ast): Ast {
    const name = namesOf(ref).join('.');
    if (name.startsWith('\u0001') || typeof resolve(namesOf(ref), this.scope) === 'string' || this.keysUnsure)
      return ref;
    this.problems.add(
      'not-grouped',
      locationOf(ref),
      `${name} is neither grouped by nor aggregated.`,
      `Add it to GROUP BY, or use e.g. max(${name}) or last(${name} ORDER BY event_time).`,
    );
    return ref;
  }

  private register(node: Ast): number | undefined {
    const name = canonical({ ...normalize(node, this.scope), alias: '' });
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const call = readMeasure(node);
    if (isProblem(call)) {
      this.problems.add(call.code, locationOf(node), call.message, call.hint);
      return undefined;
    }
    [...call.args].forEach((arg) => this.rowColumn(arg, 'a'));
    call.filters.forEach((filter) => this.rowColumn(filter, 'f'));
    this.known.set(name, this.measures.length);
    this.measures.push({ node, call });
    return this.measures.length - 1;
  }

  /** The row-wise column of an argument or a filter. */
  rowColumn(node: Ast, kind: 'a' | 'f'): { name: string; index: number } {
    const key = `${kind} ${canonical({ ...normalize(node, this.scope), alias: '' })}`;
    let column = this.rows.get(key);
    if (column === undefined) {
      column = { name: `${kind}${this.rows.size}`, index: this.rows.size, node };
      this.rows.set(key, column);
    }
    return column;
  }

  rowColumns(): Ast[] {
    return [...this.rows.values()].map(({ node, name }) => withAlias(node, name));
  }
}

export const cellName = (kind: 'k' | 'm', index: number) => `__tenon_${kind}${index}`;

const castToBoolean = (child: Ast): Ast => ({
  class: 'CAST',
  type: 'OPERATOR_CAST',
  alias: '',
  child,
  cast_type: { id: 'BOOLEAN', type_info: null },
  try_cast: false,
});

/** The type of an item that is one measure. */
function measureType(node: Ast, measures: readonly PlanMeasure[]): SqlType {
  const reference = referenceOf(node);
  return reference?.kind === 'm' ? measures[reference.index]!.type : '';
}

/** Checks what `sqlOf` will rely on. */
const engineSql = (sql: EngineSql): EngineSql => sql;

/** What a reference to a cell's part means. */
function referenceOf(node: Ast): { kind: 'k' | 'm'; index: number } | undefined {
  const match = node['class'] === 'COLUMN_REF' ? /^__tenon_([km])(\d+)$/.exec(namesOf(node)[0] ?? '') : null;
  return match === null ? undefined : { kind: match[1] as 'k' | 'm', index: Number(match[2]) };
}

function measuresIn(node: Ast): number[] {
  const found = new Set<number>();
  rewrite(node, (one) => {
    const reference = referenceOf(one);
    if (reference?.kind === 'm') found.add(reference.index);
    return undefined;
  });
  return [...found];
}

/** The window first (the finest, if there are several), then the others as they stand. */
function orderKeys(windows: readonly (WindowSize | undefined)[]): number[] {
  const length = (size: WindowSize) => size.sizeMicros + size.sizeMonths * 30 * 86_400e6;
  let first = -1;
  windows.forEach((size, index) => {
    if (size !== undefined && (first < 0 || length(size) < length(windows[first]!))) first = index;
  });
  const others = windows.map((_, index) => index).filter((index) => index !== first);
  return first < 0 ? others : [first, ...others];
}

/** JSON keys are kept as text. */
function castJsonKeys(rows: string, types: readonly SqlType[]): string {
  const replaced = types.flatMap((type, index) =>
    type === 'JSON' ? [`CAST(k${index} AS VARCHAR) AS k${index}`] : [],
  );
  return replaced.length === 0 ? rows : `SELECT * REPLACE (${replaced.join(', ')}) FROM (${rows}) AS j`;
}

function mentionsColumn(node: Ast): boolean {
  let found = false;
  rewrite(node, (one) => {
    if (one['class'] === 'COLUMN_REF') found = true;
    return undefined;
  });
  return found;
}

/** True if one event may give several rows: then «how many events» is not «how many rows». */
function multiplies(top: Ast): boolean {
  let found = false;
  rewrite(top, (node) => {
    if (node['type'] === 'JOIN' || node['function_name'] === 'unnest') found = true;
    return undefined;
  });
  return found;
}

/** Message and place of one of DuckDB's errors (errors_as_json). */
function duckError(error: unknown): { message: string; at: number | undefined } {
  const text = messageOf(error);
  const json = text.indexOf('{');
  try {
    const parsed = JSON.parse(text.slice(json)) as { exception_message?: string; position?: string };
    const message = (parsed.exception_message ?? text)
      .split(/\n\nLINE |You might need to add/)[0]!
      .replace(/\s+/g, ' ')
      .trim();
    return { message, at: parsed.position === undefined ? undefined : Number(parsed.position) };
  } catch {
    return { message: text, at: undefined };
  }
}
