/** Plans one product: the order of the steps, and what comes out of them. */
import type {
  Plan,
  PlanKey,
  PlanMeasure,
  ProductDefinition,
  SourceDefinition,
  SqlType,
  WindowShape,
} from '@tenon/domain';
import type { Beside } from '@tenon/ports';
import type { EngineSql } from '../engine-sql';
import { type SourceColumn, hiddenFields } from '../source-columns';
import { type Ast, canonical, locationOf, withAlias } from '../sql/ast';
import { Amplifiers } from './amplifiers';
import { answerColumn, checkColumnNames, keyColumn, windowColumn } from './answer-columns';
import { type Binder, isBindError } from './binder';
import { amplifies } from './calls';
import { ClauseReader, some } from './clauses';
import {
  composeBounded,
  composeLive,
  composePartial,
  composeRowCount,
  composeRowsOf,
  openInput,
} from './compose';
import { checkEndless } from './endless';
import { finalizerOf, measuresIn, reorderKeys } from './finalizer';
import { fromOf, hiddenRef } from './from';
import type { StateDraft } from './draft';
import type { FunctionCatalog } from './functions';
import { HIDDEN } from './names';
import { ONE, type SelectRows, selectNode } from './nodes';
import { mentionedColumns, planHash } from './plan-hash';
import { composeProbe } from './probe';
import { composeWeights } from './weights';
import type { ProblemList } from './problems';
import { Registry } from './registry';
import { NO_CTES, type RowsContext } from './relations';
import { rowsOfCtes, rowsOfQuery } from './rows';
import { type Scope, lineageOf, namesOf } from './scope';
import { checkShape } from './shape';
import { StateCollector, isComparable } from './states';
import { WholeQuery } from './whole-query';
import { EVENT_TIME, type TimeColumns, Windows, orderByWindow, timeColumnsOf } from './window';

export class Planning {
  constructor(
    private readonly binder: Binder,
    private readonly functions: FunctionCatalog,
    private readonly problems: ProblemList,
    private readonly source: SourceDefinition,
    /** The product's own: `columnsFor`. */
    private readonly columns: readonly SourceColumn[],
    private readonly product: ProductDefinition,
    /** How many rows FROM may make of an event. */
    private readonly mostRows: number,
    private readonly beside: Beside,
  ) {}

  /** @throws Refusal with every problem found */
  async plan(top: Ast): Promise<Plan> {
    const { problems, binder } = this;
    const shaped = checkShape(top, 'a product', problems);
    if (top['type'] !== 'SELECT_NODE') return problems.fail();
    await checkEndless(top, problems, (node) => binder.evaluate(node), this.mostRows);
    if (problems.has('too-many-cells')) return problems.fail();
    const context = this.rowsContext();
    const ctes = await rowsOfCtes(top['cte_map'], NO_CTES, context);
    const { from, relations } = await fromOf(top['from_table'] as Ast, ctes, null, context);
    if (problems.empty && !relations.some(({ stream }) => stream)) {
      const { name } = this.source;
      problems.add('no-source', undefined, `The product does not read ${name}.`, `SELECT … FROM ${name}`);
    }
    this.checkHidden(top);
    const scope: Scope = { relations, outer: null };
    const reader = new ClauseReader(top, scope, this.functions, problems);
    const well = reader.check() && shaped;
    const clauses = reader.read();
    if (clauses.keysKnown && clauses.keys.length === 0 && !reader.aggregates()) {
      problems.add(
        'no-aggregate',
        locationOf((top['select_list'] as Ast[])[0]!),
        'The product aggregates nothing: its rows would be the events.',
        'Use count(*), sum(x) … and GROUP BY; with event_id in GROUP BY each event is a row of its own.',
      );
    }
    // Where a relation is not known, or nothing is grouped at all, «not grouped» is no news of a single column.
    const keysUnsure =
      !clauses.keysKnown || !problems.empty || relations.some(({ columns }) => columns === null);
    const registry = new Registry(scope, clauses.keys, this.functions, problems, keysUnsure);
    const shown = clauses.items.map(({ expanded, hiddenBy }) => registry.replace(expanded, hiddenBy));
    const having = clauses.having && registry.replace(clauses.having);
    const select: SelectRows = (list, where = clauses.where) =>
      selectNode({ select: list, from, ctes: ctes.entries, where });
    const bindable = relations.every(({ columns }) => columns !== null);
    const bound = await new WholeQuery(binder, problems, this.product.sql).bind(
      top,
      scope,
      clauses,
      registry,
      select,
      well,
      bindable,
    );

    const { keys } = clauses;
    const rowTypes = await binder.types(
      select([...keys.map((key, index) => withAlias(key, `k${index}`)), ...registry.rowColumns(), ONE]),
    );
    keys.forEach((key, index) => this.checkKey(key, rowTypes[index]!));
    const windowsBy = async (times: TimeColumns, plain: boolean) => {
      const of = new Windows(times, (node) => binder.evaluate(node), plain);
      const found: (WindowShape | undefined)[] = [];
      for (const key of keys) found.push(await of.of(lineageOf(key, scope)));
      return found;
    };
    const times = timeColumnsOf(this.source, this.columns);
    const windows = await windowsBy(times, false);
    const order = orderByWindow(windows);
    // Cells that were written when only `event_time` itself made windows may have their keys in another order.
    const earlier = orderByWindow(await windowsBy(EVENT_TIME, true));
    const moved = earlier.some((key, index) => key !== order[index]) ? order : null;
    const types = order.map((index) => rowTypes[index]!);
    // JSON is kept as text.
    const keyTypes = types.map((type) => (type === 'JSON' ? 'VARCHAR' : type));

    const collector = new StateCollector();
    const measures = await this.measures(registry, select, rowTypes.slice(keys.length), collector);
    const cells = shown.map((node) => reorderKeys(node, order));
    const filter = having && reorderKeys(having, order);
    const amplifiers = amplifies(top) ? await Amplifiers.open(binder, this.mostRows) : null;
    const shownOf = <T extends Ast | null>(node: T): T =>
      node === null || amplifiers === null ? node : (amplifiers.bound(node as Ast) as T);
    const finalizer = await finalizerOf(binder, problems, cells.map(shownOf), shownOf(filter), {
      ...{ keys: keyTypes, measures },
    });
    const columns = cells.map((node, index) =>
      answerColumn(node, bound[index]!.name, keyTypes, measures, finalizer?.types.get(index)),
    );
    checkColumnNames(columns, clauses.items, problems);
    const window = windowColumn(windows[order[0] ?? 0], columns, keys[order[0] ?? 0], problems);
    problems.throwIfAny();

    const hidden = HIDDEN.map((name) => withAlias(hiddenRef(name, relations), name));
    const orderedKeys = order.map((index, position) => withAlias(keys[index]!, `k${position}`));
    const bounded: SelectRows = (list, where) =>
      amplifiers === null ? select(list, where) : amplifiers.bound(select(list, where));
    const expressions = [...keys, ...registry.rowColumns()];
    const rows = openInput(
      await binder.print(bounded([...orderedKeys, ...registry.rowColumns(), ...hidden])),
    );
    const needed = mentionedColumns(top, this.columns);
    const states = collector.all();
    const parts = { rows: withJsonAsText(rows, types), keyTypes, states };
    const engine: EngineSql = {
      columns: [...needed, ...this.alsoRead(needed, states)].map(({ name, type }) => ({ name, type })),
      partial: composePartial(parts),
      live: composeLive(parts),
      bounded: composeBounded(parts),
      rows: multiplies(top) ? composeRowCount(rows) : null,
      rowsOf: multiplies(top) ? composeRowsOf(rows) : null,
      probe: await composeProbe(binder, bounded, {
        where: clauses.where,
        ...{ expressions, hidden },
      }),
      weights: await composeWeights(binder, bounded, {
        weights:
          amplifiers?.weightsOf([...expressions, ...(clauses.where === null ? [] : [clauses.where])]) ?? [],
        hidden,
      }),
      finalize: finalizer?.sql ?? null,
      finalizeParts: finalizer?.parts ?? [],
      decoders: states.map(({ decoder }) => decoder),
      uses: cells.map(measuresIn),
    };
    const { name, version, topology, retentionMicros, description = null, sql, generations } = this.product;
    return {
      v: 1,
      product: name,
      version,
      source: this.source.name,
      topology,
      retentionMicros,
      description,
      ...(generations !== undefined && { generations }),
      sql,
      hash: planHash(this.product, this.source.name, top, needed, moved),
      columns,
      key: keyTypes.map((type, index): PlanKey => ({
        column: keyColumn(columns, index)?.name ?? null,
        type,
      })),
      window,
      states: states.map(({ spec }) => spec),
      measures,
      engine,
    };
  }

  /** What states need beside what the SQL mentions: it decides nothing that was not so before, so it is not in the hash. */
  private alsoRead(needed: readonly SourceColumn[], states: readonly StateDraft[]): SourceColumn[] {
    if (!states.some(({ spec }) => 'event' in spec)) return [];
    return this.columns.filter((column) => column.name === 'event_id' && !needed.includes(column));
  }

  /** A name that could mean a field of `data` or the event's own column is not guessed at. */
  private checkHidden(top: Ast): void {
    const hidden = hiddenFields(this.source).map((name) => name.toLowerCase());
    if (hidden.length === 0) return;
    some(top, (node) => {
      const name =
        node['class'] === 'COLUMN_REF'
          ? namesOf(node).find((one) => hidden.includes(one.toLowerCase()))
          : undefined;
      if (name !== undefined) {
        this.problems.add(
          'ambiguous-column',
          locationOf(node),
          `${name} is a column of every event, and here a field of data as well.`,
          "Rename the field in the source's schema.",
        );
      }
      return false;
    });
  }

  private rowsContext(): RowsContext {
    return {
      functions: this.functions,
      problems: this.problems,
      describe: async (node) => {
        const described = await this.binder.describe(node);
        return isBindError(described) ? undefined : described;
      },
      subquery: rowsOfQuery,
      source: this.source.name,
      beside: this.beside,
      sourceColumns: this.columns.map(({ name }) => name),
    };
  }

  private async measures(
    registry: Registry,
    select: SelectRows,
    argTypes: readonly SqlType[],
    collector: StateCollector,
  ): Promise<PlanMeasure[]> {
    if (registry.measures.length === 0) return [];
    const results = await this.binder.types(
      select(registry.measures.map(({ node }, index) => withAlias(node, `m${index}`))),
    );
    return registry.measures.map(({ node, call }, index): PlanMeasure => {
      const args = call.args.map((arg) => registry.rowColumn(arg, 'a'));
      const types = args.map((arg) => argTypes[arg.index]!);
      const filters = call.filters.map((filter) => registry.rowColumn(filter, 'f').name);
      // DuckDB cuts the quantile of a decimal to a whole number; lists of quantiles it leaves whole, and so do we.
      const cut = call.fn === 'quantile' && types[0]!.startsWith('DECIMAL') && !results[index]!.endsWith(']');
      const type = cut ? types[0]! : results[index]!;
      const states = collector.add(call, { args: args.map(({ name }) => name), types, filters }, type);
      if (!Array.isArray(states))
        this.problems.add('not-mergeable', locationOf(node), states.message, states.hint);
      return {
        fn: call.fn,
        states: Array.isArray(states) ? states : [],
        type,
        ...(call.params && { params: call.params }),
      };
    });
  }

  private checkKey(key: Ast, type: SqlType): void {
    if (isComparable(type)) return;
    const hop = canonical(key).includes('"hop_starts"');
    this.problems.add(
      'key-type',
      locationOf(key),
      `A key of type ${type} cannot name a cell.`,
      hop
        ? "Use hop in FROM: FROM source, hop(event_time, INTERVAL '1 hour', INTERVAL '15 minutes')."
        : 'Group by a field of it, or by CAST(x AS VARCHAR).',
    );
  }
}

function withJsonAsText(rows: string, types: readonly SqlType[]): string {
  const replaced = types.flatMap((type, index) =>
    type === 'JSON' ? [`CAST(k${index} AS VARCHAR) AS k${index}`] : [],
  );
  return replaced.length === 0 ? rows : `SELECT * REPLACE (${replaced.join(', ')}) FROM (${rows}) AS j`;
}

/** True if one event may give several rows: then «how many events» is not «how many rows». */
const multiplies = (top: Ast) =>
  some(top, (node) => node['type'] === 'JOIN' || node['function_name'] === 'unnest');
