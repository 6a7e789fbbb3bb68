/** Plans every product of a catalog, and says everything that is wrong with it at once. */
import type { Plan, Problem, ProductDefinition, SourceDefinition } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { CatalogContent, DeclaredProduct, Engine } from '@tenon/ports';

export interface PlannedCatalog {
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly problems: readonly Problem[];
}

export async function planCatalog(
  engine: Pick<Engine, 'plan'>,
  content: CatalogContent,
): Promise<PlannedCatalog> {
  const { sources, products, unsound = { sources: [], products: [] } } = content;
  const plans: Plan[] = [];
  const problems: Problem[] = [...content.problems];
  for (const product of [...products, ...unsound.products]) {
    // Its source has problems, which are told already; that the product has no source is no news.
    if (unsound.sources.some((source) => readsFrom(product.definition, source))) continue;
    const outcome = await planProduct(engine, sources, product);
    if ('problems' in outcome) problems.push(...outcome.problems.map((problem) => placed(problem, product)));
    else if (products.includes(product)) plans.push(outcome);
  }
  return { sources, plans, problems };
}

async function planProduct(
  engine: Pick<Engine, 'plan'>,
  sources: readonly SourceDefinition[],
  { definition }: DeclaredProduct,
): Promise<Plan | { readonly problems: readonly Problem[] }> {
  let first: readonly Problem[] | null = null;
  const guessed = !sources.some(({ name }) => readsFrom(definition, name));
  for (const source of candidates(definition, sources)) {
    const others = sources.map(({ name }) => name).filter((name) => name !== source.name);
    try {
      return await engine.plan(source, definition, { sources: others, guessed });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      first ??= error.problems;
    }
  }
  // No candidate: the catalog has no source at all, which is a problem of its own.
  return { problems: first ?? [] };
}

/** Names have hyphens too, at their end as well. */
const wordOf = (source: string) => `"?(?<![\\w-])${source}(?![\\w-])`;

const readsFrom = ({ sql }: ProductDefinition, source: string) =>
  new RegExp(`\\b(from|join)\\s+${wordOf(source)}`, 'i').test(sql);

/** Sources by how likely the SELECT reads them: after FROM, then mentioned anywhere, then any (for its error). */
function candidates(definition: ProductDefinition, sources: readonly SourceDefinition[]): SourceDefinition[] {
  const score = ({ name }: SourceDefinition) => {
    if (readsFrom(definition, name)) return 2;
    return new RegExp(wordOf(name), 'i').test(definition.sql) ? 1 : 0;
  };
  const ranked = sources.map((source) => ({ source, rank: score(source) })).sort((a, b) => b.rank - a.rank);
  const likely = ranked.filter(({ rank }) => rank > 0);
  return (likely.length > 0 ? likely : ranked.slice(0, 1)).map(({ source }) => source);
}

/** Positions in the SQL become positions in the file. */
function placed(problem: Problem, product: DeclaredProduct): Problem {
  const at = problem.place;
  const start = product.place;
  const line = (start.line ?? 1) + (at?.line ?? 1) - 1;
  const column =
    at?.column === undefined
      ? undefined
      : at.line === undefined || at.line === 1
        ? at.column + (start.column ?? 1) - 1
        : at.column;
  return { ...problem, place: { file: start.file, line, ...(column !== undefined && { column }) } };
}
