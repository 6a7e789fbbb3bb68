/** Numbers for operators, without a client library: named as Prometheus has it (`tenon_…_total`, `…_seconds`). */

export type MetricLabels = Readonly<Record<string, string>>;

export interface MetricSample {
  readonly labels: MetricLabels;
  readonly value: number;
}

export interface Metrics {
  /** What a service counts anyway and never counts down; `read` is asked whenever the metrics are. */
  counter(name: string, help: string, read: () => readonly MetricSample[]): void;
  /** What goes up and down. */
  gauge(name: string, help: string, read: () => readonly MetricSample[]): void;
  /** @returns what takes each duration, in seconds; cheap enough for the hot path */
  histogram(name: string, help: string, labels?: MetricLabels): (seconds: number) => void;
}
