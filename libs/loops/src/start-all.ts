/** Starts what a service is made of, all of it or nothing. */

export interface Startable {
  start(): Promise<void>;
  /** Also of one that was not started, or not wholly. */
  stop(): Promise<void>;
}

/** @throws the first failure, once everything is stopped again */
export async function startAll(parts: readonly Startable[]): Promise<void> {
  const started = await Promise.allSettled(parts.map((part) => part.start()));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed === undefined) return;
  await Promise.allSettled(parts.map((part) => part.stop()));
  throw failed.reason;
}
