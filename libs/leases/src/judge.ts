import type { LeaseDocument } from '@tenon/contracts';

/** What an instance saw of somebody else's lease, and when it first looked like that by its own monotonic clock. */
export interface Sighting {
  readonly owner: string;
  readonly counter: number;
  readonly since: number;
}

export type LeaseVerdict =
  /** Nobody has it, or its owner has shown no sign of life for longer than the time to live. */
  | { readonly free: true }
  /** Somebody has it; to be remembered until the next look. */
  | { readonly free: false; readonly sighting: Sighting };

/**
 * May a lease be taken? Not by the age that a document claims, for clocks of two machines differ: its owner counts up
 * while it lives, and who sees *the same* count for longer than the time to live, by one clock, may take it.
 *
 * @param now monotonic milliseconds of the one who looks, as in `seen`
 */
export function judgeLease(
  document: LeaseDocument | undefined,
  self: string,
  seen: Sighting | undefined,
  now: number,
  ttlMs: number,
): LeaseVerdict {
  if (document === undefined || document.owner === null || document.owner === self) return { free: true };
  const { owner, counter } = document;
  const isSame = seen !== undefined && seen.owner === owner && seen.counter === counter;
  const sighting = isSame ? seen : { owner, counter, since: now };
  return now - sighting.since > ttlMs ? { free: true } : { free: false, sighting };
}
