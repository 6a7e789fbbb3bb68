/** `GET /v1/sources` and `GET /v1/sources/:source`: what a client has to know to send events that fit. */
import type { SourceDefinition } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Route } from '@tenon/ports';

/** @param identify says which log the events go to (see `logIdentity`); asked until it has answered once */
export function sourcesRoutes(
  sources: readonly SourceDefinition[],
  identify: () => Promise<string>,
): Route[] {
  let identity: string | undefined;
  const log = async () => (identity ??= await identify());
  return [
    {
      method: 'GET',
      path: '/v1/sources',
      query: [],
      handle: async () => ({ status: 200, json: { log: await log(), sources } }),
    },
    {
      method: 'GET',
      path: '/v1/sources/:source',
      query: [],
      handle: async ({ params }) => {
        const source = sources.find(({ name }) => name === params['source']);
        if (source !== undefined) return { status: 200, json: { ...source, log: await log() } };
        const known = sources.map(({ name }) => name).join(', ');
        const asked = JSON.stringify((params['source'] ?? '').slice(0, 100));
        throw new HttpProblem(404, 'unknown-source', `There is no source ${asked}. Sources: ${known}.`);
      },
    },
  ];
}
