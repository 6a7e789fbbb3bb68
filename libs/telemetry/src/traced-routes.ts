import type { Route, Tracer } from '@tenon/ports';

/** Routes whose requests are traced, if there is a tracer that does. */
export function tracedRoutes(tracer: Tracer | undefined, routes: readonly Route[]): readonly Route[] {
  return tracer?.enabled ? routes.map((route) => ({ ...route, tracer })) : routes;
}
