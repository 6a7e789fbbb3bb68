/** The schema of a source: from the server, else from the catalog at hand; without one, texts are guessed at. */
import { createFileCatalog } from '@tenon/catalog';
import type { JsonSchema } from '@tenon/domain';
import type { Client } from '../cli/client';
import { problemOf, segment } from '../cli/client';

/** @throws Failure `unknown-source` where the server knows better */
export async function schemaOf(
  client: Client,
  source: string,
  catalog: string,
): Promise<JsonSchema | undefined> {
  const path = `/v1/sources/${segment(source)}`;
  const answered = await client.call(path);
  if (answered.status === 200) return (JSON.parse(answered.text) as { schema?: JsonSchema }).schema;
  const problem = problemOf(answered, path);
  if (problem.problems[0]?.code === 'unknown-source') throw problem;
  const { sources } = await createFileCatalog(catalog).load();
  return sources.find((one) => one.name === source)?.schema;
}
