/** The five services over the same parts, in the order in which data flows through them. */
import type { RunningService } from '@tenon/ports';
import type { PlannedCatalog } from '@tenon/runtime';
import { BATCH_DEFAULTS, createBatch } from '@tenon/service-batch';
import { CONSUMPTION_DEFAULTS, createConsumption } from '@tenon/service-consumption';
import { createIngestion } from '@tenon/service-ingestion';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import { SPEED_DEFAULTS, createSpeed } from '@tenon/service-speed';
import type { Parts } from './parts';

export interface IngestionSettings {
  readonly cutEveryMs: number | null;
  readonly maxBodyBytes: number;
  readonly maxBatchItems: number;
  readonly maxFutureMs: number;
}

export function startServices(
  parts: Parts,
  { sources, plans }: Pick<PlannedCatalog, 'sources' | 'plans'>,
  ingestion: IngestionSettings,
): (() => Promise<RunningService>)[] {
  const shared = (service: string) => ({ ...parts, logger: parts.logger.child({ service }), sources, plans });
  return [
    () =>
      createIngestion({
        ...shared('ingestion'),
        products: plans.map((plan) => ({ name: plan.product })),
        config: ingestion,
      }),
    () => createSpeed({ ...shared('speed'), config: SPEED_DEFAULTS }),
    () => createBatch({ ...shared('batch'), config: BATCH_DEFAULTS }),
    () => createConsumption({ ...shared('consumption'), config: CONSUMPTION_DEFAULTS }),
    () => createServing({ ...shared('serving'), config: SERVING_DEFAULTS }),
  ];
}
