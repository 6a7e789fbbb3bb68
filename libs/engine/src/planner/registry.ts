/** Collects a product's aggregates and what they need of each row, and leaves expressions over cells. */
import { type Ast, canonical, columnRef, locationOf, rewrite, withAlias } from '../sql/ast';
import type { FunctionCatalog } from './functions';
import { type MeasureCall, isProblem, readMeasure } from './measures';
import { cellName } from './names';
import type { ProblemList } from './problems';
import { type Scope, namesOf, normalize, resolve } from './scope';

export interface RegisteredMeasure {
  readonly node: Ast;
  readonly call: MeasureCall;
}

export interface RowColumn {
  readonly name: string;
  readonly index: number;
}

/** Marks a lambda's parameter while columns are looked for. */
const BOUND = '\u0001';

export class Registry {
  readonly measures: RegisteredMeasure[] = [];
  private readonly known = new Map<string, number>();
  private readonly keys: ReadonlyMap<string, number>;
  private hiddenBy: string | undefined;
  private readonly rows = new Map<string, RowColumn & { readonly node: Ast }>();

  /** @param keysUnsure some of GROUP BY could not be read, so that not every column outside of it is a mistake */
  constructor(
    private readonly scope: Scope,
    keys: readonly Ast[],
    private readonly functions: FunctionCatalog,
    private readonly problems: ProblemList,
    private readonly keysUnsure: boolean,
  ) {
    this.keys = new Map(keys.map((key, index) => [this.nameOf(key), index]));
  }

  /**
   * An expression over keys and measures (as `__tenon_k0`, `__tenon_m0`) instead of over rows.
   *
   * @param hiddenBy the column's name, where GROUP BY names a field of the same name instead of it
   */
  replace(node: Ast, hiddenBy?: string): Ast {
    this.hiddenBy = hiddenBy;
    return rewrite(node, (one) => {
      if (typeof one['class'] !== 'string') return undefined;
      const alias = String(one['alias'] ?? '');
      const key = this.keys.get(this.nameOf(one));
      if (key !== undefined) return withAlias(columnRef(cellName('k', key)), alias);
      if (one['class'] === 'LAMBDA') return this.lambda(one);
      if (one['class'] === 'COLUMN_REF') return this.ungrouped(one);
      if (one['class'] !== 'FUNCTION') return undefined;
      const verdict = this.functions.verdictOf(one);
      // What it is of is not known: it has been refused already.
      if (verdict === 'unknown' || verdict === 'aggregate-macro') return one;
      if (verdict !== 'aggregate') return undefined;
      const measure = this.register(one);
      return measure === undefined ? one : withAlias(columnRef(cellName('m', measure)), alias);
    });
  }

  /** The row-wise column of an argument (a) or a filter (f). */
  rowColumn(node: Ast, kind: 'a' | 'f'): RowColumn {
    const key = `${kind} ${this.nameOf(node)}`;
    let column = this.rows.get(key);
    if (column === undefined) {
      column = { name: `${kind}${this.rows.size}`, index: this.rows.size, node };
      this.rows.set(key, column);
    }
    return column;
  }

  /** All row-wise columns, for a SELECT list. */
  rowColumns(): Ast[] {
    return [...this.rows.values()].map(({ node, name }) => withAlias(node, name));
  }

  private nameOf(node: Ast): string {
    return canonical(normalize(node, this.scope));
  }

  private register(node: Ast): number | undefined {
    const name = this.nameOf(node);
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const call = readMeasure(node);
    if (isProblem(call)) {
      this.problems.add(call.code, locationOf(node), call.message, call.hint);
      return undefined;
    }
    call.args.forEach((arg) => this.rowColumn(arg, 'a'));
    call.filters.forEach((filter) => this.rowColumn(filter, 'f'));
    this.known.set(name, this.measures.length);
    this.measures.push({ node, call });
    return this.measures.length - 1;
  }

  private ungrouped(ref: Ast): Ast {
    const names = namesOf(ref);
    if (names[0]!.startsWith(BOUND) || typeof resolve(names, this.scope) === 'string' || this.keysUnsure)
      return ref;
    const name = names.join('.');
    if (this.hiddenBy !== undefined) {
      const alias = this.hiddenBy;
      const message = `${alias} in GROUP BY is the field ${alias} of the event, and not the column of the answer that is called so: ${name} is not grouped by.`;
      const hint = `Call the column otherwise, group by its expression, or GROUP BY ALL.`;
      this.problems.add('not-grouped', locationOf(ref), message, hint);
      return ref;
    }
    this.problems.add(
      'not-grouped',
      locationOf(ref),
      `${name} is neither grouped by nor aggregated.`,
      `Add it to GROUP BY, or use e.g. max(${name}) or last(${name} ORDER BY event_time).`,
    );
    return ref;
  }

  /** A lambda's parameters are no columns. */
  private lambda(lambda: Ast): Ast {
    const parameters = new Set<string>();
    rewrite(lambda['lhs'], (node) => {
      if (node['class'] === 'COLUMN_REF') parameters.add(namesOf(node)[0]!.toLowerCase());
      return undefined;
    });
    const renamed = (node: Ast, rename: (name: string) => string | undefined): Ast =>
      rewrite(node, (one) => {
        const [first, ...rest] = one['class'] === 'COLUMN_REF' ? namesOf(one) : [];
        const name = first === undefined ? undefined : rename(first);
        return name === undefined ? undefined : columnRef(name, ...rest);
      });
    const bound = renamed(lambda['expr'] as Ast, (name) =>
      parameters.has(name.toLowerCase()) ? BOUND + name : undefined,
    );
    const replaced = this.replace(bound);
    return {
      ...lambda,
      expr: renamed(replaced, (name) => (name.startsWith(BOUND) ? name.slice(1) : undefined)),
    };
  }
}
