/** The consumption layer: the landing zone of the data products. */
import { SUBJECTS, generationsReply } from '@tenon/contracts';
import type { Plan, SourceDefinition } from '@tenon/domain';
import type {
  Bus,
  Clock,
  EventLog,
  Logger,
  Metrics,
  ProductStore,
  RunningService,
  Tracer,
} from '@tenon/ports';
import { NO_METRICS } from '@tenon/telemetry';
import { layoutOf } from '@tenon/views';
import type { ConsumptionConfig } from './product';
import { ProductConsumer } from './product';

export const CONSUMPTION_DEFAULTS: ConsumptionConfig = {
  maxMessages: 512,
  graceMs: 30_000,
  landCells: 8000,
  foldCells: 2000,
  rangeCells: 128,
  maxRangeCells: 50_000,
  stallMs: 10_000,
};

export interface ConsumptionDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly store: ProductStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
  readonly config: ConsumptionConfig;
}

export async function createConsumption(deps: ConsumptionDeps): Promise<RunningService> {
  const partitions = new Map(deps.sources.map((source) => [source.name, source.partitions]));
  const consumers = deps.plans.map(
    (plan) => new ProductConsumer(deps, layoutOf(plan, partitions.get(plan.source) ?? 1)),
  );
  await Promise.all(consumers.map((consumer) => consumer.start()));
  const generations = await deps.bus.respond(SUBJECTS.generations, ({ payload }) =>
    generationsReply(
      payload,
      Object.fromEntries(consumers.map((one) => [one.layout.plan.product, one.servedGeneration()])),
    ),
  );
  const { metrics = NO_METRICS } = deps;
  metrics.counter('tenon_landings_total', 'Flushes and ranges by what became of them.', () =>
    consumers.flatMap((consumer) => consumer.outcomes()),
  );
  metrics.gauge('tenon_generation', 'The generation that is served, as this instance knows.', () =>
    consumers.map((one) => ({ labels: { product: one.layout.plan.product }, value: one.servedGeneration() })),
  );
  const done = Promise.all(consumers.map((consumer) => consumer.done)).then(() => undefined);
  done.catch(() => undefined);
  return {
    name: 'consumption',
    routes: [],
    ready: () => ({ ok: true }),
    status: () => ({ products: consumers.map((consumer) => consumer.status()) }),
    readings: () => consumers.map((consumer) => consumer.reading()),
    done,
    stop: async () => {
      await generations.close();
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}
