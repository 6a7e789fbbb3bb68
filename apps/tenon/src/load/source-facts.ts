/** What has to be known of a source before events go to it. */
import { createFileCatalog } from '@tenon/catalog';
import type { JsonSchema } from '@tenon/domain';
import type { Client } from '../cli/client';
import { problemOf, segment } from '../cli/client';

export interface SourceFacts {
  /** Says what texts in files mean; undefined where nobody knows it: then they are guessed at. */
  readonly schema: JsonSchema | undefined;
  /** Which log the server writes to; null where it does not say: then no checkpoint can be trusted. */
  readonly log: string | null;
}

/** Asks the server; one that does not tell the schema leaves it to the catalog at hand. @throws Failure `unknown-source` */
export async function sourceFacts(client: Client, source: string, catalog: string): Promise<SourceFacts> {
  const path = `/v1/sources/${segment(source)}`;
  const answered = await client.call(path);
  if (answered.status === 200) {
    const { schema, log } = JSON.parse(answered.text) as { schema?: JsonSchema; log?: string };
    return { schema, log: log ?? null };
  }
  const problem = problemOf(answered, path);
  if (problem.problems[0]?.code === 'unknown-source') throw problem;
  const { sources } = await createFileCatalog(catalog).load();
  return { schema: sources.find((one) => one.name === source)?.schema, log: null };
}
