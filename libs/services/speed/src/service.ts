/**
 * The speed layer: reads the live log in micro-batches, folds them into the states of the open epoch, and flushes what
 * changed. It keeps nothing durable; a restart replays each partition from the cut that its products are served at.
 */
import type { MetricSample, RunningService } from '@tenon/ports';
import { readinessOf, startAll } from '@tenon/loops';
import { NO_METRICS } from '@tenon/telemetry';
import { layoutOf } from '@tenon/views';
import type { SpeedDeps } from './deps';
import { LiveWork } from './live-work';
import { SourceWorker } from './source-worker';

/** Starts the speed layer for all sources that have products. */
export async function createSpeed(deps: SpeedDeps): Promise<RunningService> {
  const layouts = deps.plans.map((plan) => layoutOf(plan, deps.sources));
  const work = new LiveWork(deps.clock);
  const workers = deps.sources
    .map((source) => ({ source, read: layouts.filter(({ sources }) => sources.includes(source.name)) }))
    .filter(({ read }) => read.length > 0)
    .map(({ source, read }) => new SourceWorker(deps, source, read, work));
  await startAll(workers);
  const { metrics = NO_METRICS } = deps;
  const each = (read: (worker: SourceWorker) => readonly MetricSample[]) => () => workers.flatMap(read);
  metrics.counter(
    'tenon_events_total',
    'Events by what became of them.',
    each((worker) => worker.outcomes()),
  );
  metrics.counter(
    'tenon_dead_letters_total',
    'Dead letters that were kept, and beyond what an hour may hold counted.',
    each((worker) => worker.letters()),
  );
  metrics.counter(
    'tenon_refused_events_total',
    'Events that were refused, by their code.',
    each((worker) => worker.refusals()),
  );
  metrics.gauge(
    'tenon_cells',
    'Cells of open epochs held in memory.',
    each((worker) => [worker.cells()]),
  );
  const done = Promise.all(workers.map((worker) => worker.done)).then(() => undefined);
  done.catch(() => undefined); // whoever holds `done` handles it; without a holder it must not end the process
  return {
    name: 'speed',
    routes: [],
    ready: () => readinessOf(workers),
    status: () => ({ sources: workers.map((worker) => worker.status()) }),
    readings: () => workers.map((worker) => worker.reading()),
    done,
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
