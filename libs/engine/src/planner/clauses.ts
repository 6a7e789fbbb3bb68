/** The clauses of a product's SELECT, with what aliases and positions stand for put in. */
import { type Ast, canonical, isAst, locationOf, rewrite, withAlias } from '../sql/ast';
import { checkExpression } from './expressions';
import type { FunctionCatalog } from './functions';
import type { ProblemList } from './problems';
import { type Scope, namesOf, normalize, resolve, sameName, stripData } from './scope';

export interface Item {
  /** As written, but for `data.` and the input's name. */
  readonly written: Ast;
  /** With the aliases that it uses put in. */
  readonly expanded: Ast;
  /** Its name, where GROUP BY means a field by it. */
  readonly hiddenBy?: string;
}

export interface Clauses {
  readonly items: readonly Item[];
  /** What is grouped by, each expression once. */
  readonly keys: readonly Ast[];
  /** False if some of GROUP BY could not be read. */
  readonly keysKnown: boolean;
  readonly where: Ast | null;
  readonly having: Ast | null;
}

export class ClauseReader {
  constructor(
    private readonly top: Ast,
    private readonly scope: Scope,
    private readonly functions: FunctionCatalog,
    private readonly problems: ProblemList,
  ) {}

  /** Adds a problem for everything that single expressions can have wrong. @returns true if all is well */
  check(): boolean {
    const { top } = this;
    const items = top['select_list'] as Ast[];
    const aliases = items.map((item) => String(item['alias'] ?? '').toLowerCase());
    const named = (some: readonly string[]) => new Set(some.filter((name) => name !== ''));
    const checks = items.map((item, index) =>
      this.checkOne(item, 'the SELECT list', true, named(aliases.slice(0, index))),
    );
    const all = named(aliases);
    if (isAst(top['where_clause'])) checks.push(this.checkOne(top['where_clause'], 'WHERE', false, all));
    const groups = top['group_expressions'] as Ast[];
    checks.push(...groups.map((group) => this.checkOne(group, 'GROUP BY', false, all)));
    if (isAst(top['having'])) checks.push(this.checkOne(top['having'], 'HAVING', true, all));
    if ((top['group_sets'] as unknown[]).length > 1) {
      this.problems.add(
        'grouping-sets',
        groups[0] && locationOf(groups[0]),
        'ROLLUP, CUBE and GROUPING SETS cannot be planned: a cell has one key.',
        'Declare one product for each grouping.',
      );
    }
    return checks.every(Boolean);
  }

  read(): Clauses {
    const { top } = this;
    const items: Item[] = [];
    for (const item of top['select_list'] as Ast[]) {
      items.push({ written: stripData(item, this.scope), expanded: this.expand(item, items) });
    }
    const found = this.groups(items);
    const keys = new Map<string, Ast>();
    for (const key of found)
      if (key !== undefined && !keys.has(this.nameOf(key))) keys.set(this.nameOf(key), withAlias(key, ''));
    return {
      items: items.map((item) => this.withHiding(item)),
      keys: [...keys.values()],
      keysKnown: !found.includes(undefined),
      where: isAst(top['where_clause']) ? this.expand(top['where_clause'], items) : null,
      having: isAst(top['having']) ? this.expandHaving(top['having'], items, keys) : null,
    };
  }

  /** Whether there is an aggregate in the SELECT list or HAVING, or a call of what is unknown. */
  aggregates(): boolean {
    const { top } = this;
    const nodes = [...(top['select_list'] as Ast[]), ...(isAst(top['having']) ? [top['having']] : [])];
    return nodes.some((node) =>
      some(node, (one) => {
        if (one['class'] === 'WINDOW' || one['class'] === 'STAR') return true;
        return (
          one['class'] === 'FUNCTION' &&
          ['aggregate', 'aggregate-macro', 'unknown'].includes(this.functions.verdictOf(one))
        );
      }),
    );
  }

  private checkOne(node: Ast, place: string, aggregates: boolean, known: ReadonlySet<string>): boolean {
    const { functions, problems, scope } = this;
    return checkExpression(node, { functions, problems, scope, place, aggregates, known });
  }

  /** `date_trunc('day', t) AS day … GROUP BY day` groups by a field `day`, if there is one. */
  private withHiding(item: Item): Item {
    const alias = String(item.written['alias'] ?? '');
    const groups = this.top['group_expressions'] as Ast[];
    const isNamed = groups.some((group) => {
      if (group['class'] !== 'COLUMN_REF') return false;
      const [name, ...rest] = namesOf(group);
      return rest.length === 0 && sameName(name!, alias) && resolve([name!], this.scope) !== 'unknown';
    });
    return alias !== '' && isNamed ? { ...item, hiddenBy: alias } : item;
  }

  private nameOf(node: Ast): string {
    return canonical(normalize(node, this.scope));
  }

  /** Puts in what aliases stand for. A column of the source goes before an alias, unless `aliasFirst`. */
  private expand(node: Ast, items: readonly Item[], aliasFirst = false): Ast {
    return rewrite(stripData(node, this.scope), (ref) => {
      if (ref['class'] !== 'COLUMN_REF') return undefined;
      const [name, ...rest] = namesOf(ref);
      if (rest.length > 0 || (!aliasFirst && resolve([name!], this.scope) !== 'unknown')) return undefined;
      const item = items.find(({ written }) => sameName(String(written['alias'] ?? ''), name!));
      return item && withAlias(item.expanded, String(ref['alias'] ?? ''));
    });
  }

  /** In HAVING an alias goes before a column, but not before a column that is grouped by. */
  private expandHaving(having: Ast, items: readonly Item[], keys: ReadonlyMap<string, Ast>): Ast {
    return rewrite(stripData(having, this.scope), (node) => {
      if (keys.has(this.nameOf(node))) return node;
      return node['class'] === 'COLUMN_REF' ? this.expand(node, items, true) : undefined;
    });
  }

  /** What GROUP BY groups by: expressions, positions, aliases, or ALL. Undefined for what can't be read. */
  private groups(items: readonly Item[]): (Ast | undefined)[] {
    const groups = this.top['group_expressions'] as Ast[];
    if (this.top['aggregate_handling'] !== 'FORCE_AGGREGATES' || groups.length > 0)
      return groups.map((group) => this.group(group, items));
    return items
      .map(({ expanded }) => expanded)
      .filter((item) => !this.hasAggregate(item) && mentionsColumn(item));
  }

  private group(group: Ast, items: readonly Item[]): Ast | undefined {
    if (group['class'] === 'CONSTANT') return this.position(group, items);
    // Only a whole item of GROUP BY may be an alias.
    const key = this.expand(group, group['class'] === 'COLUMN_REF' ? items : []);
    if (!this.hasAggregate(key)) return key;
    this.problems.add('group-aggregate', locationOf(group), 'An aggregate cannot be grouped by.');
    return undefined;
  }

  private position(group: Ast, items: readonly Item[]): Ast | undefined {
    const value = (group['value'] as Ast)['value'];
    const position = typeof value === 'string' ? Number(value.slice(1)) : NaN;
    const item = items[position - 1];
    if (item === undefined) {
      const message = `GROUP BY has no position ${position}.`;
      this.problems.add('group-position', locationOf(group), message, `The SELECT list has ${items.length}.`);
    }
    return item?.expanded;
  }

  private hasAggregate(node: Ast): boolean {
    return some(node, (one) => one['class'] === 'FUNCTION' && this.functions.verdictOf(one) === 'aggregate');
  }
}

const mentionsColumn = (node: Ast) => some(node, (one) => one['class'] === 'COLUMN_REF');

/** True if the test holds for the tree or a tree in it. */
export function some(node: Ast, test: (node: Ast) => boolean): boolean {
  let found = false;
  rewrite(node, (one) => {
    found ||= test(one);
    return undefined;
  });
  return found;
}
