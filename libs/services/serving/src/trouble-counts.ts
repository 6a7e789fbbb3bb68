/** How many troubles each product has, for metrics and the status: looked at from time to time, so that asking costs nothing. */
import type { AnswerTrouble } from '@tenon/contracts';
import type { Plan } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import { Periodic, describeTrouble } from '@tenon/loops';
import type { Clock, Logger, MetricSample } from '@tenon/ports';
import { productLabels } from '@tenon/telemetry';

/** Milliseconds. */
const LOOK_EVERY = 5000;

/** A product, and what its answers say. */
export interface TroubledProduct {
  readonly layout: { readonly plan: Plan };
  troubles(): Promise<readonly AnswerTrouble[]>;
  /** Events whose id another one had, with other data. */
  conflicts(): Promise<number>;
}

export class TroubleCounts {
  private latest: readonly MetricSample[] = [];
  private conflicting: readonly MetricSample[] = [];
  private readonly looking: Periodic;

  constructor(
    deps: { readonly clock: Clock; readonly logger: Logger },
    private readonly products: () => readonly TroubledProduct[],
  ) {
    this.looking = new Periodic(
      deps,
      'the troubles of products',
      () => LOOK_EVERY,
      () => this.look(),
    );
  }

  start(): void {
    this.looking.start();
  }

  /** Of each product, code and layer; a product that is well has none. As of the last look. */
  samples(): readonly MetricSample[] {
    return this.latest;
  }

  /** Products that something is wrong with, in words. */
  degraded(): readonly string[] {
    return this.latest.map(
      ({ labels: { product, version, code, layer } }) => `${product} v${version}, ${layer}: ${code}`,
    );
  }

  /** Of each product. As of the last look. */
  conflicts(): readonly MetricSample[] {
    return this.conflicting;
  }

  /** Of one product. */
  of({ product, version }: Plan): number {
    const isOf = ({ labels }: MetricSample) =>
      labels['product'] === product && labels['version'] === String(version);
    return this.latest.filter(isOf).reduce((sum, { value }) => sum + value, 0);
  }

  private async look(): Promise<void> {
    const counts = new Map<string, { labels: MetricSample['labels']; value: number }>();
    const conflicting: MetricSample[] = [];
    for (const one of this.products()) {
      const labels = productLabels(one.layout.plan);
      const conflicts = await one.conflicts().catch(() => null);
      if (conflicts !== null) conflicting.push({ labels, value: conflicts });
      for (const { code, layer } of await troublesOf(one)) {
        const key = JSON.stringify([labels, code, layer]);
        const count = counts.get(key) ?? { labels: { ...labels, code, layer }, value: 0 };
        count.value += 1;
        counts.set(key, count);
      }
    }
    this.latest = [...counts.values()];
    this.conflicting = conflicting;
  }

  stop(): Promise<void> {
    return this.looking.stop();
  }
}

type Named = Pick<AnswerTrouble, 'code' | 'layer'>;

/** A product that cannot be read has a trouble too, and hides none of the others'. @throws Unavailable */
async function troublesOf(one: TroubledProduct): Promise<readonly Named[]> {
  try {
    return await one.troubles();
  } catch (error) {
    if (isPassing(error)) throw error;
    return [{ layer: 'serving', code: describeTrouble(error).code }];
  }
}
