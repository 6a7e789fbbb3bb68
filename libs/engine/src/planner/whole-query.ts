/** Binds a product's SQL as it was written: DuckDB's own objections at their places, and the names and types of its columns. */
import { type Ast, locationOf, withAlias } from '../sql/ast';
import { type Binder, type BoundColumn, isBindError } from './binder';
import type { Clauses } from './clauses';
import { ONE, type SelectRows } from './nodes';
import type { ProblemList } from './problems';
import type { Registry } from './registry';
import { type Scope, stripData } from './scope';

export class WholeQuery {
  constructor(
    private readonly binder: Binder,
    private readonly problems: ProblemList,
    private readonly sql: string,
  ) {}

  /**
   * Binds the SQL as it was written, for DuckDB's own objections at their places.
   *
   * @param well nothing is known to be wrong so far
   * @param bindable FROM is as it should be, so that single expressions can be bound to find more
   * @returns the answer's columns
   */
  async bind(
    top: Ast,
    scope: Scope,
    clauses: Clauses,
    registry: Registry,
    select: SelectRows,
    well: boolean,
    bindable: boolean,
  ): Promise<readonly BoundColumn[]> {
    const { problems } = this;
    const bound = well && problems.empty ? await this.bindWhole(top, scope, clauses, select) : undefined;
    const failed = bound === undefined || isBindError(bound);
    if (bound !== undefined && isBindError(bound) && bound.at !== undefined)
      problems.add('sql-error', bound.at, bound.message);
    if (failed && bindable) await this.bindParts(clauses, registry, select);
    if (bound !== undefined && isBindError(bound) && problems.empty)
      problems.add('sql-error', undefined, bound.message);
    if (problems.empty && clauses.keys.length + registry.measures.length === 0) {
      problems.add(
        'no-aggregate',
        undefined,
        'The product aggregates nothing: its rows would be the events.',
        'Use count(*), sum(x) … or GROUP BY.',
      );
    }
    return failed || !problems.empty ? problems.fail() : bound;
  }

  private async bindWhole(top: Ast, scope: Scope, clauses: Clauses, select: SelectRows) {
    const node: Ast = {
      ...select(clauses.items.map(({ written }) => written)),
      group_expressions: stripData(top['group_expressions'] as Ast[], scope),
      group_sets: top['group_sets'],
      aggregate_handling: top['aggregate_handling'],
      having: stripData(top['having'] ?? null, scope),
    };
    const names = await this.binder.names(this.sql);
    const described = await this.binder.describe(node);
    // Written with `data.`, it binds only once that is gone.
    if (isBindError(described)) return isBindError(names) ? names : described;
    return isBindError(names)
      ? described
      : described.map(({ type }, index) => ({ name: names[index]!, type }));
  }

  /** Looks for type errors one by one, so that the first does not hide the others. */
  private async bindParts({ keys, where }: Clauses, registry: Registry, select: SelectRows): Promise<void> {
    const parts = [...keys, ...registry.measures.map(({ node }) => node)].map(
      (node) => [node, select([withAlias(node, 'x')], null)] as const,
    );
    for (const [node, query] of [
      ...parts,
      ...(where === null ? [] : [[where, select([ONE], where)] as const]),
    ]) {
      const described = await this.binder.describe(query);
      if (isBindError(described) && !KNOWN_ELSEWHERE.test(described.message))
        this.problems.add('sql-error', locationOf(node), described.message);
    }
  }
}

/** Errors that the planner finds itself, and places better. */
const KNOWN_ELSEWHERE = /must appear in the GROUP BY|not found in FROM|does not exist|parameter/;
