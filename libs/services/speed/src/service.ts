/**
 * The speed layer: reads the live log in micro-batches, folds them into the states of the open epoch, and flushes what
 * changed. It keeps nothing durable; a restart replays each partition from the cut that its products are served at.
 */
import type { Plan } from '@tenon/domain';
import type { MetricSample, RunningService } from '@tenon/ports';
import { Crew, readinessOf } from '@tenon/loops';
import { NO_METRICS } from '@tenon/telemetry';
import { layoutOf } from '@tenon/views';
import type { SpeedDeps } from './deps';
import { LiveWork } from './live-work';
import { SourceWorker } from './source-worker';

/** Starts the speed layer for all sources that have products. */
export async function createSpeed(given: SpeedDeps): Promise<RunningService> {
  // Whoever has these sees what runs by now.
  const plans = [...given.plans];
  const deps: SpeedDeps = { ...given, plans };
  const work = new LiveWork(deps.clock);
  const crew = new Crew<SourceWorker>();
  /** Those that stay first, so that nobody waits for who is new. */
  const run = async (next: readonly Plan[]) => {
    plans.splice(0, plans.length, ...next);
    const layouts = next.map((plan) => layoutOf(plan, deps.sources));
    const read = deps.sources.flatMap((source) => {
      const own = layouts.filter(({ sources }) => sources.includes(source.name));
      return own.length > 0 ? [{ source, own }] : [];
    });
    for (const { source, own } of read) await crew.get(source.name)?.change(own);
    await crew.change(
      new Map(read.map(({ source, own }) => [source.name, () => new SourceWorker(deps, source, own, work)])),
    );
  };
  await run(given.plans);
  const { metrics = NO_METRICS } = deps;
  const each = (read: (worker: SourceWorker) => readonly MetricSample[]) => () => crew.all.flatMap(read);
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
  return {
    name: 'speed',
    routes: [],
    ready: () => readinessOf(crew.all),
    status: () => ({ sources: crew.all.map((worker) => worker.status()) }),
    readings: () => crew.all.map((worker) => worker.reading()),
    done: crew.done,
    adopt: run,
    stop: () => crew.stop(),
  };
}
