import type { Bus, Metrics } from '@tenon/ports';
import type { DiskUse, DiskWatch, PartitionLag, Progress, Supervised } from '@tenon/runtime';
import { version } from './version';

/** What is measured of a process whatever runs in it. */
export function measureProcess(
  metrics: Metrics,
  progress: Pick<Progress, 'lags'>,
  services: readonly Supervised[],
  health: { readonly stuck: () => string | null; readonly troubles: () => readonly string[] },
): void {
  const perPartition = (value: (one: PartitionLag) => number) => () =>
    progress.lags().map((one) => {
      const { service, group, topic, partition } = one;
      return { labels: { service, group, topic, partition }, value: value(one) };
    });
  metrics.gauge(
    'tenon_consumer_lag',
    'Records of the log that this instance has yet to read.',
    perPartition(({ lag }) => lag),
  );
  metrics.gauge(
    'tenon_consumer_offset',
    'The offset that this instance reads next.',
    perPartition(({ next }) => next),
  );
  metrics.counter('tenon_restarts_total', 'How often a service was started again within this process.', () =>
    services.map((service) => ({ labels: { service: service.name }, value: service.restarts() })),
  );
  metrics.gauge('tenon_service_ready', 'Whether a service can do its work: 1, or 0.', () =>
    services.map((service) => ({
      labels: { service: service.name },
      value: service.readiness().ok && health.troubles().length === 0 ? 1 : 0,
    })),
  );
  metrics.gauge(
    'tenon_stuck',
    'Whether a service of this process stands still though it has work: 0, or 1.',
    () => [{ labels: {}, value: health.stuck() === null ? 0 : 1 }],
  );
  metrics.gauge('tenon_build_info', 'The version that runs.', () => [{ labels: { version }, value: 1 }]);
}

/** What a process runs, and whether it hears of the others. */
export function measureDeployment(
  metrics: Metrics,
  set: { readonly catalog: { readonly fingerprint: string }; readonly refused: readonly unknown[] },
  bus: Pick<Bus, 'connected'>,
): void {
  metrics.gauge('tenon_catalog_info', 'The catalog that runs, by its fingerprint.', () => [
    { labels: { catalog: set.catalog.fingerprint }, value: 1 },
  ]);
  metrics.gauge(
    'tenon_catalog_refused',
    'Whether the directory has a catalog that was refused: 0, or 1.',
    () => [{ labels: {}, value: set.refused.length > 0 ? 1 : 0 }],
  );
  metrics.gauge('tenon_bus_connected', 'Whether NATS is there: 1, or 0.', () => [
    { labels: {}, value: bus.connected() ? 1 : 0 },
  ]);
}

/** What is left of the disks that this process writes to, as it was when the metrics or the status were last asked for. */
export function measureDisk(metrics: Metrics, disk: Pick<DiskWatch, 'latest' | 'read'>): void {
  const perPart = (value: (one: DiskUse) => number | null) =>
    disk.latest.flatMap((one) => {
      const bytes = value(one);
      return bytes === null ? [] : [{ labels: { part: one.part }, value: bytes }];
    });
  metrics.gauge('tenon_disk_free_bytes', 'What is left of the disk of a part.', () => {
    // Once for both.
    void disk.read().catch(() => undefined);
    return perPart(({ free }) => free);
  });
  metrics.gauge('tenon_disk_used_bytes', 'What a part’s folder takes.', () => perPart(({ used }) => used));
}
