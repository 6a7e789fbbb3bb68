/** What each path needs: the one place where this is said. A path that is not here needs `operate`. */
import type { Route } from '@tenon/ports';
import type { Need, Role } from './grants';

/** In the place of a parameter: what is about all of them is for a grant that has no names, or any. */
const ALL = '*';

/** Method and path as routes have them → the role, or that anybody may; the parameter that names a source or product. */
const NEEDS: Readonly<Record<string, readonly [role: Role | 'anybody', parameter?: string]>> = {
  'GET /healthz': ['anybody'],
  'GET /readyz': ['anybody'],
  // Scrapers have no token; an Ingress need not pass it on.
  'GET /metrics': ['anybody'],
  'POST /v1/session': ['anybody'],
  'GET /openapi.json': ['anybody'],
  'GET /v1/status': ['read'],
  'GET /v1/ledger': ['read'],
  'GET /v1/losses': ['read'],
  // It has the SQL of all products.
  'GET /v1/catalog': ['read', ALL],
  // Events as they came, of whatever products say less.
  'GET /v1/archive/:source': ['read', ALL],
  'GET /v1/archive/:source/:partition/:file': ['read', ALL],
  'GET /v1/topics': ['read', ALL],
  'GET /v1/topics/:topic/:partition/:from/:to': ['read', ALL],
  'GET /v1/sources': ['read'],
  'GET /v1/sources/:source': ['read'],
  'POST /v1/sources/:source/events': ['ingest', 'source'],
  'GET /v1/products': ['read'],
  'GET /v1/products/:name': ['read', 'name'],
  'GET /v1/products/:name/rows': ['read', 'name'],
  'GET /v1/products/:name/generations': ['read', 'name'],
  'GET /v1/products/:name/diff': ['read', 'name'],
  'GET /v1/products/:name/live': ['read', 'name'],
  'POST /v1/cuts': ['operate'],
  'POST /v1/losses': ['operate'],
  'POST /v1/reload': ['operate'],
};

/** The role that a route needs; null where anybody may. */
export function roleOf({ method, path }: { readonly method: string; readonly path: string }): Role | null {
  const [role] = NEEDS[`${method} ${path}`] ?? (['operate'] as const);
  return role === 'anybody' ? null : role;
}

/** @returns null where anybody may */
export function needOf(
  { method, path }: Pick<Route, 'method' | 'path'>,
  params: Readonly<Record<string, string>>,
): Need | null {
  const [role, parameter] = NEEDS[`${method} ${path}`] ?? (['operate'] as const);
  if (role === 'anybody') return null;
  const of = parameter === undefined ? undefined : parameter === ALL ? '' : params[parameter];
  return { role, ...(of !== undefined && { of }) };
}
