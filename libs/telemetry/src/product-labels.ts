import type { MetricLabels } from '@tenon/ports';

/** What metrics say of a product: two versions of a name are two series. */
export const productLabels = (plan: {
  readonly product: string;
  readonly version: number;
}): MetricLabels => ({
  product: plan.product,
  version: String(plan.version),
});
