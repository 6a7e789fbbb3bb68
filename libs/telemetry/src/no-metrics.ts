import type { Metrics } from '@tenon/ports';

/** For whoever does not measure. */
export const NO_METRICS: Metrics = {
  counter: () => undefined,
  gauge: () => undefined,
  histogram: () => () => undefined,
};
