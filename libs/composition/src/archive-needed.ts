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

const UNITS = [
  ['days', 86_400_000_000],
  ['h', 3_600_000_000],
  ['min', 60_000_000],
  ['s', 1_000_000],
] as const;

/** To the microsecond: two that differ are never said to be the same. */
function daysOf(micros: number): string {
  let rest = micros;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = unit === 's' ? rest / size : Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ') || '0 s';
}
