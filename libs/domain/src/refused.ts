import type { LedgerCounts } from './protocol/ledger';

/** Of what a product could have counted, how much it could not take: from 0 to 1. */
export function refusedShare({ aggregated, filtered, expired, deadLettered }: LedgerCounts): number {
  const given = aggregated + filtered + expired + deadLettered;
  return given === 0 ? 0 : deadLettered / given;
}
