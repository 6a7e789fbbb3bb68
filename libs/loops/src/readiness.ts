/** Whether a service that is made of parts is ready. */
import type { Readiness } from '@tenon/ports';

/** A loop, or what is made of some. */
export interface Part {
  /** Why it stands still, in words; null: it does not. */
  readonly trouble: string | null;
  /** What of it stands still while the rest goes on, in words. */
  degraded?(): readonly string[];
}

/** The first trouble of parts that need each other; null: there is none. */
export const troubleOf = (parts: readonly (Part | null)[]): string | null =>
  parts.find((part) => part !== null && part.trouble !== null)?.trouble ?? null;

/** Parts that do not need each other: a service is ready as long as one of them is. What stands still is named. */
export function readinessOf(parts: readonly Part[]): Readiness {
  const troubles = parts.flatMap(({ trouble }) => (trouble === null ? [] : [trouble]));
  const [reason] = troubles;
  if (reason !== undefined && troubles.length === parts.length) return { ok: false, reason };
  const degraded = [...new Set([...troubles, ...parts.flatMap((part) => part.degraded?.() ?? [])])];
  return { ok: true, ...(degraded.length > 0 && { degraded }) };
}
