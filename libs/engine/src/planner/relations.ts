/** What the row-wise parts of a query know of each other. */
import type { Beside } from '@tenon/ports';
import type { Ast } from '../sql/ast';
import type { BoundColumn } from './binder';
import type { FunctionCatalog } from './functions';
import { HIDDEN } from './names';
import type { ProblemList } from './problems';
import type { Relation, Scope } from './scope';

export interface RowsContext {
  readonly functions: FunctionCatalog;
  readonly problems: ProblemList;
  readonly source: string;
  readonly beside: Beside;
  readonly sourceColumns: readonly string[];
  /** A query's columns, from DuckDB's binder; undefined if it can't be bound. */
  describe(node: Ast): Promise<readonly BoundColumn[] | undefined>;
  /** Reads a SELECT below the product's own. */
  subquery(node: Ast, ctes: CteScope, outer: Scope | null, context: RowsContext): Promise<RowQuery>;
}

/** Which CTEs a query sees, and their rewritten definitions, in order. */
export interface CteScope {
  readonly relations: ReadonlyMap<string, Relation>;
  readonly entries: readonly Ast[];
}

export const NO_CTES: CteScope = { relations: new Map(), entries: [] };

/** A row-wise SELECT, checked and rewritten. */
export interface RowQuery {
  readonly node: Ast;
  readonly columns: readonly string[] | null;
  readonly stream: boolean;
  readonly lineage: ReadonlyMap<string, Ast>;
}

/** Not one of the columns that Tenon carries through. */
export const isVisible = (name: string) => !(HIDDEN as readonly string[]).includes(name);

/** A relation under another name, its first columns perhaps too. */
export function rename(
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
