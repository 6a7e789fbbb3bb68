/** Products that need more of the archive than its retention leaves. */
import type { Plan, Problem } from '@tenon/domain';
import { neededFor } from '@tenon/domain';

/** @param retentionMs of the archive; null: all of it stays */
export function archiveProblems(plans: readonly Plan[], retentionMs: number | null): Problem[] {
  if (retentionMs === null) return [];
  return plans.flatMap((plan) => {
    const needed = neededFor(plan);
    if (needed !== null && needed <= retentionMs * 1000) return [];
    const { product, version, window } = plan;
    const why =
      window === null
        ? 'has no window, so it needs all events'
        : needed === null
          ? 'has no retention, so it needs all events'
          : `needs events of ${daysOf(needed)}, its retention and a window`;
    return [
      {
        code: 'archive-needed',
        message: `${product} v${version} ${why}, and TENON_ARCHIVE_RETENTION would remove what is older than ${daysOf(retentionMs * 1000)}: it could not be computed anew.`,
        hint:
          window === null
            ? 'Leave TENON_ARCHIVE_RETENTION off.'
            : 'A longer TENON_ARCHIVE_RETENTION, or a (shorter) retention of the product.',
        place: { file: `products/${product}.yaml` },
      },
    ];
  });
}

const daysOf = (micros: number) => `${Math.ceil((micros / 86_400_000_000) * 100) / 100} days`;
