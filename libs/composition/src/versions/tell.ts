/** Tells every instance that the versions of a product have changed. What it tells stands in the store, which they read. */
import { SUBJECTS, readVersionsReply, versionsRequest } from '@tenon/contracts';
import type { Bus } from '@tenon/ports';

/** So long instances of serving are waited for; those that are silent read the store by themselves, milliseconds. */
const TELL_MS = 1500;

/** @param servings instances of serving that are known: resolves once so many answer with the version, or the time is over */
export async function tellVersions(bus: Bus, name: string, served: number, servings: number): Promise<void> {
  await bus.request(SUBJECTS.versions, versionsRequest(name), {
    timeoutMs: TELL_MS,
    enough: (replies) =>
      replies.filter((one) => readVersionsReply(one)?.[name] === served).length >= servings,
  });
}
