/** `GET /openapi.json`: what this process answers, with the sources and products of the catalog that it runs. */
import { openApiOf } from '@tenon/contracts/schemas';
import type { Route } from '@tenon/ports';
import { roleOf } from '@tenon/runtime';
import type { LoadedCatalog } from './catalog';
import { version } from './version';

export interface OpenApiDeps {
  /** All of this process, asked at each call. */
  readonly routes: () => readonly Pick<Route, 'method' | 'path'>[];
  readonly catalog: () => LoadedCatalog;
  /** Whether tokens are asked for. */
  readonly guarded: boolean;
}

export function openApiRoute({ routes, catalog, guarded }: OpenApiDeps): Route {
  let made: { readonly fingerprint: string; readonly text: string } | undefined;
  return {
    method: 'GET',
    path: '/openapi.json',
    query: [],
    handle: async () => {
      const { fingerprint, sources, plans } = catalog();
      if (made?.fingerprint !== fingerprint) {
        const described = { version, routes: routes(), sources, plans, ...(guarded && { roleOf }) };
        made = { fingerprint, text: JSON.stringify(openApiOf(described)) };
      }
      const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
      return { status: 200, headers, text: made.text };
    },
  };
}
