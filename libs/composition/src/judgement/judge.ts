import type { Verdict, DeclaredCatalog, RunningCatalog } from './verdict';
import { judgeProducts } from './products';
import { judgeSources } from './sources';

/** Pure: the same catalogs, the same verdict, in the process that takes a catalog and in a command that only asks. */
export function judgeCatalog(running: RunningCatalog, next: DeclaredCatalog): Verdict {
  const sources = judgeSources(running, next);
  const products = judgeProducts(running, next);
  return {
    sources: sources.changes,
    products,
    problems: [...sources.changes, ...products].flatMap(({ problems }) => problems),
    warnings: sources.warnings,
  };
}
