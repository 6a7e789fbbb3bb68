/** Health for orchestrators: alive is not ready. */
import type { Route, RunningService } from '@tenon/ports';

/**
 * `/healthz`: the process answers. `/readyz`: every service of it does its work; 503 with the reasons where not.
 *
 * @param services the services of this process, asked at each call since one may have been started again
 */
export function healthRoutes(services: () => readonly RunningService[]): Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      query: [],
      handle: async () => ({ status: 200, json: { status: 'ok' } }),
    },
    {
      method: 'GET',
      path: '/readyz',
      query: [],
      handle: async () => {
        const states = services().map((service) => ({ service: service.name, ...service.ready() }));
        const ok = states.every((state) => state.ok);
        return { status: ok ? 200 : 503, json: { status: ok ? 'ready' : 'not ready', services: states } };
      },
    },
  ];
}
