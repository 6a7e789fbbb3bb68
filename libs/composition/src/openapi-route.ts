/** `GET /openapi.json`: what this process answers, with the sources and products of the catalog that it runs. */
import { openApiOf } from '@tenon/contracts/schemas';
import { idOf } from '@tenon/domain';
import type { Plan } from '@tenon/domain';
import type { Route } from '@tenon/ports';
import { roleOf } from '@tenon/runtime';
import type { LoadedCatalog } from './catalog';
import { version } from './version';

export interface OpenApiDeps {
  /** All of this process, asked at each call. */
  readonly routes: () => readonly Pick<Route, 'method' | 'path'>[];
  readonly catalog: () => LoadedCatalog;
  /** What runs of the catalog, of each product the version first that its name answers with. */
  readonly plans: () => Promise<readonly Plan[]>;
  /** Whether tokens are asked for. */
  readonly guarded: boolean;
}

export function openApiRoute({ routes, catalog, plans: answering, guarded }: OpenApiDeps): Route {
  let made: { readonly of: string; readonly text: string } | undefined;
  return {
    method: 'GET',
    path: '/openapi.json',
    query: [],
    handle: async () => {
      const { fingerprint, sources } = catalog();
      const plans = await answering();
      const of = [fingerprint, ...plans.map(idOf)].join(' ');
      if (made?.of !== of) {
        const described = { version, routes: routes(), sources, plans, ...(guarded && { roleOf }) };
        made = { of, text: JSON.stringify(openApiOf(described)) };
      }
      const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
      return { status: 200, headers, text: made.text };
    },
  };
}
