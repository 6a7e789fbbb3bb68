/** Health for orchestrators: alive is not ready. */
import type { Route, RunningService } from '@tenon/ports';

export interface HealthOptions {
  /** The services of this process, asked at each call since one may have been started again. */
  readonly services: () => readonly Pick<RunningService, 'name' | 'ready'>[];
  /** Why the process should be started again; null if it should not. */
  readonly stuck?: () => string | null;
  /** What the services need and do not have just now. */
  readonly troubles?: () => readonly string[];
  /** What of the process is not as it should be while its services can do their work. */
  readonly degraded?: () => readonly string[];
}

/**
 * `/healthz`: alive; 503 where a service stands still although it has work. `/readyz`: every service of it can do its
 * work; 503 with the reasons where not. `degraded` names what stands still while the rest goes on, such as a product.
 */
export function healthRoutes({ services, stuck, troubles, degraded: ofProcess }: HealthOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      query: [],
      handle: async () => {
        const reason = stuck?.() ?? null;
        if (reason === null) return { status: 200, json: { status: 'ok' } };
        return { status: 503, json: { status: 'stuck', reason } };
      },
    },
    {
      method: 'GET',
      path: '/readyz',
      query: [],
      handle: async () => {
        const states = services().map((service) => ({ service: service.name, ...service.ready() }));
        const missing = troubles?.() ?? [];
        const ok = missing.length === 0 && states.every((state) => state.ok);
        const ofServices = states.flatMap((state) =>
          (state.degraded ?? []).map((reason) => `${state.service}: ${reason}`),
        );
        const degraded = [...ofServices, ...(ofProcess?.() ?? [])];
        return {
          status: ok ? 200 : 503,
          json: {
            status: ok ? 'ready' : 'not ready',
            services: states,
            ...(missing.length > 0 && { troubles: missing }),
            ...(degraded.length > 0 && { degraded }),
          },
        };
      },
    },
  ];
}
