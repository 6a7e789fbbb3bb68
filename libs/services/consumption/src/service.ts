/** The consumption layer: the landing zone of the data products. */
import { SUBJECTS, eventsTopic, generationsReply } from '@tenon/contracts';
import { LogReplaced } from '@tenon/errors';
import type { Generation, Plan, ProductId } from '@tenon/domain';
import type { RunningService } from '@tenon/ports';
import { Crew, readinessOf } from '@tenon/loops';
import { NO_METRICS } from '@tenon/telemetry';
import { layoutOf, servedIn, versionsIn } from '@tenon/views';
import type { ConsumptionDeps } from './deps';
import { ProductLanding } from './product';

export async function createConsumption(deps: ConsumptionDeps): Promise<RunningService> {
  const { zones = () => [deps] } = deps;
  const crew = new Crew<ProductLanding>();
  let { plans } = deps;
  const run = async (next: readonly Plan[]) => {
    const made = next.flatMap((plan) =>
      zones(plan).map((zone): [string, () => ProductLanding] => [
        JSON.stringify([plan, zone.layer]),
        () => new ProductLanding({ ...deps, ...zone, plans: next }, layoutOf(plan, deps.sources)),
      ]),
    );
    await crew.change(new Map(made));
    plans = next;
  };
  // The watches ask how long these are, and may be the first to start.
  for (const source of deps.sources)
    await deps.log.ensureTopic(eventsTopic(source)).catch((error: unknown) => {
      // Speed and batch stand still then, and say so; what they have made before may land.
      if (!(error instanceof LogReplaced)) throw error;
      deps.logger.error({ error, source: source.name }, 'events of a source are not looked for');
    });
  const generations = await deps.bus.respond(SUBJECTS.generations, async ({ payload }) => {
    const served = await servedProducts(deps.store, plans);
    const answering = crew.all.filter(({ layout }) => served.includes(layout.product));
    return generationsReply(payload, latestOf(answering));
  });
  try {
    await run(plans);
  } catch (error) {
    await generations.close();
    throw error;
  }
  const { metrics = NO_METRICS } = deps;
  metrics.counter('tenon_landings_total', 'Flushes and ranges by what became of them.', () =>
    crew.all.flatMap((product) => product.outcomes()),
  );
  metrics.gauge('tenon_generation', 'The generation that is served, as this instance knows.', () =>
    crew.all.map((one) => ({ labels: one.labels, value: one.servedGeneration() })),
  );
  return {
    name: 'consumption',
    routes: [],
    ready: () => readinessOf(crew.all),
    status: () => ({ products: crew.all.map((product) => product.status()) }),
    readings: () => crew.all.flatMap((product) => product.readings()),
    done: crew.done,
    adopt: run,
    stop: async () => {
      await generations.close();
      await crew.stop();
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
const servedProducts = (store: ConsumptionDeps['store'], plans: readonly Plan[]) =>
  store.snapshot(async (snapshot) => {
    const versions = await versionsIn(snapshot, [...new Set(plans.map(({ product }) => product))]);
    return [...servedIn(versions, plans).values()];
  });
