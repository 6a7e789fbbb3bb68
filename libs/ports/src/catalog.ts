import type { Place, Problem, ProductDefinition, SourceDefinition } from '@tenon/domain';

/** A product and where it was declared, so that the planner's positions in the SQL can be shown in the file. */
export interface DeclaredProduct {
  readonly definition: ProductDefinition;
  /** Where the SQL begins. */
  readonly place: Place;
}

export interface CatalogContent {
  readonly sources: readonly SourceDefinition[];
  readonly products: readonly DeclaredProduct[];
  /** Everything that is wrong; sources and products with problems are left out of the lists above. */
  readonly problems: readonly Problem[];
  /**
   * What was left out, as far as it could be read, so that the rest is not blamed for it: a product of an unsound source
   * is no news, and an unsound product's SQL may have problems of its own.
   */
  readonly unsound?: { readonly sources: readonly string[]; readonly products: readonly DeclaredProduct[] };
}

export interface Catalog {
  load(): Promise<CatalogContent>;
}
