/** What a catalog would change of the Tenon that runs: what it would refuse at a reload, and what it would refuse of producers. */
import { narrowings } from '@tenon/catalog';
import type { Problem, SourceDefinition } from '@tenon/domain';
import { changedSources } from '@tenon/runtime';
import { Client } from '../cli/client';

export interface Compared {
  /** Where it runs. */
  readonly url: string;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** A check is not to wait for a Tenon that is not there. */
const PATIENCE_MS = 1000;

/** @returns null where no Tenon that tells its sources is reached in time */
export async function compareWithRunning(
  url: string,
  sources: readonly SourceDefinition[],
): Promise<Compared | null> {
  const client = new Client(url);
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await client.json<{ readonly sources?: unknown }>('/v1/sources', { signal });
    if (!isSources(answer.sources)) return null;
    return {
      url,
      problems: changedSources(answer.sources, sources),
      warnings: narrowings(answer.sources, sources),
    };
  } catch {
    return null;
  } finally {
    client.close();
  }
}

/** Another release may tell less. */
const isSources = (told: unknown): told is readonly SourceDefinition[] =>
  Array.isArray(told) &&
  (told as (Partial<SourceDefinition> | null)[]).every(
    (one) =>
      typeof one?.name === 'string' &&
      Array.isArray(one.key) &&
      one.time !== undefined &&
      typeof one.partitions === 'number' &&
      typeof one.dedupe?.window === 'number' &&
      one.schema !== undefined,
  );
