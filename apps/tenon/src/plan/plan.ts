/** Compares a catalog with the one that runs, or with another directory. It asks, and changes nothing. */
import { join } from 'node:path';
import { createFileCatalog, fingerprintOf } from '@tenon/catalog';
import type { ProductChange, SourceChange } from '@tenon/composition';
import { judgeCatalog } from '@tenon/composition';
import type { Plan, Problem } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { Engine } from '@tenon/ports';
import { createEngine } from '@tenon/engine';
import { planCatalog, plannerOptions } from '@tenon/runtime';
import { noteProblems } from '../cli/stuck';
import type { Rebuild } from './rebuild';
import { rebuildOf } from './rebuild';
import type { ChangedProduct, ComparedRows, RowsBound } from './rows/rows';
import { compareRows } from './rows/rows';
import type { Running } from './running';
import { askCatalog, runningOf } from './running';

export type PlannedProduct = ProductChange & { readonly rebuild: Rebuild | null };

export interface Planned {
  /** It is sound, and would be taken. */
  readonly ok: boolean;
  /** Somebody who sends or reads today may fail. */
  readonly breaking: boolean;
  readonly directory: string;
  /** The Tenon, or the directory, that it was compared with. */
  readonly against: string;
  /** Fingerprints. */
  readonly catalog: { readonly before: string; readonly after: string };
  readonly sources: readonly SourceChange[];
  readonly products: readonly PlannedProduct[];
  /** Of products that are built anew, where that was asked for: how their rows differ from those that are served. */
  readonly rows?: readonly ComparedRows[];
  /** What is wrong with the catalog, and why it would be refused. */
  readonly problems: readonly Problem[];
}

export interface PlanOptions {
  readonly directory: string;
  readonly url: string;
  /** A directory instead of what runs. */
  readonly against?: string;
  /** Rows of what is built anew are compared, within these bounds. */
  readonly rows?: RowsBound;
}

/** @throws Failure where no Tenon answers, Refusal where the directory that it is compared with is not sound */
export async function makePlan({ directory, url, against, rows }: PlanOptions): Promise<Planned> {
  const engine = await createEngine(plannerOptions(process.env));
  try {
    const content = await createFileCatalog(directory).load();
    const next = await planCatalog(engine, content);
    noteProblems(next.problems);
    const running =
      against === undefined
        ? await runningOf(engine, await askCatalog(url))
        : await asRunning(engine, against);
    const verdict = judgeCatalog(running, next);
    const here = (problem: Problem) => below(directory, problem);
    const isSound = next.problems.length === 0;
    const refused = verdict.problems.map(here);
    const common = {
      ...{ directory, against: against ?? url },
      catalog: { before: running.catalog, after: fingerprintOf(content) },
      problems: [...next.problems, ...refused],
      ok: isSound && refused.length === 0,
    };
    // What is not sound is left out of it, and would be told as removed.
    if (!isSound) return { ...common, breaking: false, sources: [], products: [] };
    const placed = <T extends SourceChange | ProductChange>(change: T): T => ({
      ...change,
      problems: change.problems.map(here),
      notices: change.notices.map((one) => ({ ...one, ...here(one) })),
    });
    const sources = verdict.sources.map(placed);
    const products = verdict.products.map(placed).map((change) => ({
      ...change,
      rebuild: rebuildOf(change, running.sizes[change.source]),
    }));
    const breaking = [...sources, ...products].some(({ notices }) => notices.some((one) => one.breaking));
    if (rows === undefined || against !== undefined || !common.ok)
      return { ...common, breaking, sources, products };
    const changed = products.flatMap((change) => changedOf(change, running, next));
    return { ...common, breaking, sources, products, rows: await compareRows(url, changed, rows) };
  } finally {
    await engine.close();
  }
}

/** Of a product that is built anew: what it is now and then. */
function changedOf(
  { name, outcome, served, version }: ProductChange,
  running: Running,
  next: Pick<Running, 'sources' | 'plans'>,
): ChangedProduct[] {
  if (outcome !== 'rebuild') return [];
  const sideOf = (plan: Plan | undefined, sources: Running['sources']) => {
    const source = sources.find((one) => one.name === plan?.source);
    return plan === undefined || source === undefined ? undefined : { plan, source };
  };
  const known = [...running.plans, ...running.others];
  const before = known.find((one) => one.product === name && one.version === served);
  const after = next.plans.find((one) => one.product === name);
  const [left, right] = [sideOf(before, running.sources), sideOf(after, next.sources)];
  if (left === undefined || right === undefined) return [];
  // The number that it is built under: of a definition with another topology it is not the catalog's.
  const numbered = { ...right.plan, version: version ?? right.plan.version };
  return [{ before: left, after: { ...right, plan: numbered } }];
}

async function asRunning(engine: Pick<Engine, 'plan'>, directory: string): Promise<Running> {
  const content = await createFileCatalog(directory).load();
  const { sources, plans, problems } = await planCatalog(engine, content);
  if (problems.length > 0) throw new Refusal('catalog', problems);
  return { catalog: fingerprintOf(content), sources, plans, others: [], versions: new Map(), sizes: {} };
}

/** Files as the rest of the problems name them. */
const below = (directory: string, problem: Problem): Problem =>
  problem.place === undefined
    ? problem
    : { ...problem, place: { ...problem.place, file: join(directory, problem.place.file) } };
