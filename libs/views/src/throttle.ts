/** How fast what is built may be folded, as the book of versions says. */
import type { Plan } from '@tenon/domain';
import { otherVersion } from '@tenon/domain';
import type { ProductStore } from '@tenon/ports';
import { versionsIn } from './version-book';

/** Events a second at most, the least of several versions; null: no bound. */
export type ReadThrottle = (plans: readonly Pick<Plan, 'product' | 'version'>[]) => Promise<number | null>;

export const readThrottle =
  (store: Pick<ProductStore, 'snapshot'>): ReadThrottle =>
  async (plans) => {
    const names = plans.map(({ product }) => product);
    const versions = await store.snapshot((snapshot) => versionsIn(snapshot, names));
    const rates = plans.flatMap(({ product, version }) => {
      const known = versions.get(product);
      return (known && otherVersion(known, version)?.throttle) ?? [];
    });
    return rates.length === 0 ? null : Math.min(...rates);
  };
