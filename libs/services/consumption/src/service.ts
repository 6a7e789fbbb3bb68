/** The consumption layer: the landing zone of the data products. */
import { SUBJECTS, eventsTopic, generationsReply } from '@tenon/contracts';
import { LogReplaced } from '@tenon/errors';
import type { Generation, ProductId } from '@tenon/domain';
import type { RunningService } from '@tenon/ports';
import { readinessOf, startAll } from '@tenon/loops';
import { NO_METRICS } from '@tenon/telemetry';
import { layoutOf, servedIn, versionsIn } from '@tenon/views';
import type { ConsumptionDeps } from './deps';
import { ProductLanding } from './product';

export async function createConsumption(deps: ConsumptionDeps): Promise<RunningService> {
  const { zones = () => [deps] } = deps;
  const products = deps.plans.flatMap((plan) =>
    zones(plan).map((zone) => new ProductLanding({ ...deps, ...zone }, layoutOf(plan, deps.sources))),
  );
  // The watches ask how long these are, and may be the first to start.
  for (const source of deps.sources)
    await deps.log.ensureTopic(eventsTopic(source)).catch((error: unknown) => {
      // Speed and batch stand still then, and say so; what they have made before may land.
      if (!(error instanceof LogReplaced)) throw error;
      deps.logger.error({ error, source: source.name }, 'events of a source are not looked for');
    });
  const generations = await deps.bus.respond(SUBJECTS.generations, async ({ payload }) => {
    const served = await servedProducts(deps);
    const answering = products.filter(({ layout }) => served.includes(layout.product));
    return generationsReply(payload, latestOf(answering));
  });
  try {
    await startAll(products);
  } catch (error) {
    await generations.close();
    throw error;
  }
  const { metrics = NO_METRICS } = deps;
  metrics.counter('tenon_landings_total', 'Flushes and ranges by what became of them.', () =>
    products.flatMap((product) => product.outcomes()),
  );
  metrics.gauge('tenon_generation', 'The generation that is served, as this instance knows.', () =>
    products.map((one) => ({ labels: one.labels, value: one.servedGeneration() })),
  );
  const done = Promise.all(products.map((product) => product.done)).then(() => undefined);
  done.catch(() => undefined);
  return {
    name: 'consumption',
    routes: [],
    ready: () => readinessOf(products),
    status: () => ({ products: products.map((product) => product.status()) }),
    readings: () => products.flatMap((product) => product.readings()),
    done,
    stop: async () => {
      await generations.close();
      await Promise.all(products.map((product) => product.stop()));
    },
  };
}

/** The layers of a product may be landed apart, and the one may not have heard yet what the other serves. */
function latestOf(products: readonly ProductLanding[]): Readonly<Record<ProductId, Generation>> {
  const latest: Record<ProductId, Generation> = {};
  for (const one of products) {
    const { product } = one.layout;
    latest[product] = Math.max(latest[product] ?? 0, one.servedGeneration());
  }
  return latest;
}

/** The products that names answer with, of those that run here. */
const servedProducts = ({ store, plans }: ConsumptionDeps) =>
  store.snapshot(async (snapshot) => {
    const versions = await versionsIn(snapshot, [...new Set(plans.map(({ product }) => product))]);
    return [...servedIn(versions, plans).values()];
  });
