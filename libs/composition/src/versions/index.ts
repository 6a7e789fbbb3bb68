/** The life of products' versions in one process: who follows it, who moves it on, who asks for a step. */
import { SUBJECTS } from '@tenon/contracts';
import { Periodic } from '@tenon/loops';
import type { Plan } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import type { ProductStore, Route, Subscription } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import { servedIn, versionBook } from '@tenon/views';
import type { Parts } from '../parts';
import type { ServiceSet } from '../service-set';
import { VersionKeeper } from './keeper';
import { productLayers } from './product-layers';
import { answerSteps, versionRoutes } from './routes';
import type { StepDeps } from './step';

/** How often a process looks whether other versions are to run than do, milliseconds; and after it could not change. */
const FOLLOW_EVERY = 2000;
const FOLLOW_AGAIN = 30_000;

export interface ProcessVersions {
  readonly routes: readonly Route[];
  /** What runs, of each product the version first that its name answers with. */
  plans(): Promise<readonly Plan[]>;
  close(): Promise<void>;
}

/** @param servings instances of serving that are known */
export async function startVersions(
  parts: Parts,
  set: ServiceSet,
  settings: Settings,
  servings: () => number,
): Promise<ProcessVersions> {
  const bus = await parts.bus();
  // Ingestion alone has no store: what its names answer with is nothing to it.
  if (!set.stored)
    return {
      routes: versionRoutes(bus, null),
      plans: async () => set.catalog.plans,
      close: async () => undefined,
    };
  const { clock, logger } = parts;
  const [store, log, engine] = [await parts.store(), await parts.log(), await parts.engine()];
  const limits = { graceMs: settings.TENON_VERSION_GRACE };
  const layers = (plans: readonly Plan[]) => productLayers(parts, settings, plans);
  const steps: StepDeps = {
    ...{ store, log, bus, clock, logger, engine, servings, layers, ...limits },
    sources: () => set.catalog.sources,
    names: () => [...new Set(set.catalog.plans.map(({ product }) => product))],
  };
  let could = true;
  const follower = new Periodic(
    { clock, logger },
    'versions that run',
    () => (could ? FOLLOW_EVERY : FOLLOW_AGAIN),
    async () => void (could = await set.follow()),
  );
  const subscriptions: Subscription[] = [
    await bus.subscribe(SUBJECTS.versions, () => follower.wake()),
    await answerSteps(bus, steps),
  ];
  follower.start();
  const isKeeper = set.services.some(({ name }) => name === 'consumption');
  const keeper = isKeeper
    ? new VersionKeeper({ store, log, bus, clock, logger, layers, catalog: () => set.catalog, ...limits })
    : null;
  keeper?.start();
  return {
    routes: versionRoutes(bus, steps),
    plans: () => servedFirst(store, set.catalog.plans),
    close: async () => {
      for (const subscription of subscriptions) await subscription.close();
      await keeper?.stop();
      await follower.stop();
    },
  };
}

async function servedFirst(
  store: Pick<ProductStore, 'snapshot' | 'transact'>,
  plans: readonly Plan[],
): Promise<readonly Plan[]> {
  // With one version of each there is nothing to ask.
  if (new Set(plans.map(({ product }) => product)).size === plans.length) return plans;
  const versions = await versionBook(store).read([...new Set(plans.map(({ product }) => product))]);
  const served = new Set(servedIn(versions, plans).values());
  return [...plans].sort((a, b) => Number(served.has(idOf(b))) - Number(served.has(idOf(a))));
}
