/** What a service is made of: loops that may take partitions as soon as they start. */
export interface Startable {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts all, or none: where one does not start, the others are stopped. Otherwise they would go on, and keep their
 * partitions, in a process whose next attempt then shares them with loops that nobody watches.
 *
 * @throws what the first one that failed throws
 */
export async function startAll(parts: readonly Startable[]): Promise<void> {
  const outcomes = await Promise.allSettled(parts.map((part) => part.start()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return;
  await Promise.allSettled(parts.map((part) => part.stop()));
  throw failed.reason;
}
