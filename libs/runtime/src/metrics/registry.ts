/** The metrics of one process, on prom-client's registry; services see the port. */
import type { MetricLabels, MetricSample, Metrics } from '@tenon/ports';
import type { Metric } from 'prom-client';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { Histogram } from './histogram';

type Read = () => readonly MetricSample[];

/** A counter or gauge whose values are read when they are asked for. */
class Readings {
  /** One reader per scope: of a service that was started again only the new self counts. */
  readonly readers = new Map<string, Read>();

  constructor(
    readonly name: string,
    readonly help: string,
    private readonly type: 'counter' | 'gauge',
  ) {}

  async get() {
    const values = [...this.readers].flatMap(([service, read]) =>
      read().map(({ labels, value }) => ({
        value,
        labels: service === '' ? labels : { service, ...labels },
      })),
    );
    return { name: this.name, help: this.help, type: this.type, values };
  }
}

export interface MetricsRegistry {
  /** Metrics of one service: each value gets the label `service`. '' is the process itself. */
  scope(service: string): Metrics;
  readonly contentType: string;
  text(): Promise<string>;
}

/** With what prom-client says of every process: CPU, memory, event loop, garbage collection. */
export function createMetrics(): MetricsRegistry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const readings = new Map<string, Readings>();
  const histograms = new Map<string, Histogram>();

  const made = <T extends { readonly name: string }>(
    known: Map<string, T>,
    name: string,
    make: () => T,
  ): T => {
    let metric = known.get(name);
    if (metric === undefined) {
      metric = make();
      known.set(name, metric);
      // Its type wants prom-client's classes; it calls `name` and `get` only.
      registry.registerMetric(metric as unknown as Metric);
    }
    return metric;
  };
  const reading =
    (service: string, type: 'counter' | 'gauge') => (name: string, help: string, read: Read) => {
      made(readings, name, () => new Readings(name, help, type)).readers.set(service, read);
    };

  return {
    scope: (service) => ({
      counter: reading(service, 'counter'),
      gauge: reading(service, 'gauge'),
      histogram: (name, help, labels: MetricLabels = {}) =>
        made(histograms, name, () => new Histogram(name, help)).observer(
          service === '' ? labels : { service, ...labels },
        ),
    }),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
