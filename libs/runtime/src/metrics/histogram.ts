/**
 * A Prometheus histogram that costs some ten nanoseconds per observation. prom-client's own looks its labels up each
 * time (0.7 to 1.2 µs measured), which would be felt on the hot path; its registry takes any metric that has a `get`.
 */
import type { MetricLabels } from '@tenon/ports';

/** Upper bounds in seconds: from what a commit to a local disk takes to what somebody waits for. */
export const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface Series {
  readonly labels: MetricLabels;
  /** Observations per bucket, not cumulated; the last one is above all bounds. */
  readonly counts: Float64Array;
  sum: number;
}

export interface ExposedValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export class Histogram {
  private readonly series = new Map<string, Series>();

  constructor(
    readonly name: string,
    readonly help: string,
  ) {}

  /** The same labels give the same series, also after a service was started again. */
  observer(labels: MetricLabels): (seconds: number) => void {
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    let series = this.series.get(key);
    if (series === undefined) {
      series = { labels, counts: new Float64Array(BUCKETS.length + 1), sum: 0 };
      this.series.set(key, series);
    }
    const { counts } = series;
    const taken = series;
    return (seconds) => {
      let bucket = 0;
      while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket += 1;
      counts[bucket] = (counts[bucket] as number) + 1;
      taken.sum += seconds;
    };
  }

  /** What prom-client's registry asks of a metric. */
  async get(): Promise<{ name: string; help: string; type: 'histogram'; values: ExposedValue[] }> {
    const values = [...this.series.values()].flatMap((series) => this.expose(series));
    return { name: this.name, help: this.help, type: 'histogram', values };
  }

  private expose({ labels, counts, sum }: Series): ExposedValue[] {
    let total = 0;
    const buckets = [...counts].map((count, index): ExposedValue => {
      total += count;
      const le = BUCKETS[index] ?? '+Inf';
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: total },
    ];
  }
}
