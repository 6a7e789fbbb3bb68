/** What a catalog would do to the one that runs: one judgement, which `reload`, `apply` and `tenon plan` share. */
import type { Plan, Problem, SourceDefinition, Versions } from '@tenon/domain';

/** What a catalog's directory says. */
export interface DeclaredCatalog {
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
}

/** What runs: the catalog that was taken last, and what the store knows of its products' versions. */
export interface RunningCatalog extends DeclaredCatalog {
  /** By product; those of which nothing is known are missing. */
  readonly versions: ReadonlyMap<string, Versions>;
  /** Versions that run, or are kept, beside the declared ones. */
  readonly others: readonly Plan[];
}

/** A setting or a part of a definition that is another one then, in words. Null: there is none. */
export interface Difference {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What somebody outside will notice: producers of a source, readers of a product. */
export interface Notice extends Problem {
  /** Who does what is done today may fail from then on. */
  readonly breaking: boolean;
}

interface Change {
  readonly name: string;
  readonly differences: readonly Difference[];
  readonly notices: readonly Notice[];
  /** Why it is refused. */
  readonly problems: readonly Problem[];
}

export interface SourceChange extends Change {
  readonly outcome: 'unchanged' | 'applied' | 'added' | 'removed' | 'refused';
  /** Products that read it, then and now. */
  readonly products: readonly string[];
}

/**
 * `applied`: at once, with what there is. `added`, `rebuild`: built from the first event on. `back`: a version that is kept, at
 * once. `removed`: its rows stay in the store until somebody prunes.
 */
export interface ProductChange extends Change {
  readonly outcome: 'unchanged' | 'applied' | 'added' | 'rebuild' | 'back' | 'removed' | 'refused';
  readonly source: string;
  /** The version that its name answers with; null: there is none. */
  readonly served: number | null;
  /** The version that the catalog declares; null: it does not have the product. */
  readonly version: number | null;
  /** The version that its name would answer with: not the declared one after a reprocess, a restate or a switch. Null: none. */
  readonly becomes: number | null;
  /** How it is kept then, which says by which way it is built. */
  readonly topology: Plan['topology'];
}

export interface Verdict {
  readonly sources: readonly SourceChange[];
  readonly products: readonly ProductChange[];
  /** Why the catalog as a whole is refused; none: it is taken. */
  readonly problems: readonly Problem[];
  /** What is refused of producers from then on although it was taken before. */
  readonly warnings: readonly Problem[];
}
