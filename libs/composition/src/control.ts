/** What can be asked of any instance: the status of all, a reload of all, a cut wherever ingestion is. */
import type { ProductId } from '@tenon/domain';
import type { Bus, Clock, HttpResponse, Route } from '@tenon/ports';
import type { DiskWatch, Supervised } from '@tenon/runtime';
import { diskWarnings } from '@tenon/runtime';
import { cutsRoute, remoteCuts } from '@tenon/service-ingestion';
import type { Deployment } from './deployment';
import type { ProductState } from './product-warnings';
import { behindWarnings, troubleWarnings } from './product-warnings';
import { flag, rateOf } from './versions/routes';

/** Reading the store for the overview may take this long; a status is not to wait for a store that is away. */
const OVERVIEW_MS = 800;

export interface ControlDeps {
  readonly deployment: Deployment;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly services: () => readonly Supervised[];
  readonly products: () => readonly ProductId[];
  readonly disk: DiskWatch;
}

export function controlRoutes(deps: ControlDeps): Route[] {
  const { bus, clock, services } = deps;
  const hasIngestion = services().some(({ name }) => name === 'ingestion');
  const cuts = {
    ...{ cutter: remoteCuts(bus), bus, clock },
    get products() {
      return deps.products();
    },
  };
  return [
    ...(hasIngestion ? [] : [cutsRoute(cuts)]),
    { method: 'GET', path: '/v1/status', query: [], handle: () => status(deps) },
    {
      method: 'POST',
      path: '/v1/reload',
      query: [],
      handle: async () => ({ status: 200, json: await deps.deployment.reload() }),
    },
    {
      method: 'POST',
      path: '/v1/apply',
      query: ['promote', 'throttle'],
      handle: async ({ query }) => {
        const apply = flag('promote', query['promote']) ? 'auto' : 'hold';
        const { throttle } = query;
        const rate = throttle === undefined ? {} : { throttle: rateOf(throttle) };
        const options = { apply, at: deps.clock.now(), ...rate } as const;
        return { status: 200, json: await deps.deployment.reload(options) };
      },
    },
  ];
}

async function status({ deployment, clock, services, disk }: ControlDeps): Promise<HttpResponse> {
  const waited = new AbortController();
  const late = clock.sleep(OVERVIEW_MS, waited.signal).then(() => 'late' as const);
  const overviews = services().flatMap((service) => {
    const { overview } = service.current();
    return overview === undefined ? [] : [Promise.race([overview(), late]).catch(() => 'failed' as const)];
  });
  const [{ warnings, ...all }, uses, ...facts] = await Promise.all([
    deployment.status(),
    disk.read(),
    ...overviews,
  ]);
  waited.abort();
  const known = facts.filter((one) => typeof one === 'object');
  const missing = known.length < facts.length ? [UNREAD] : [];
  const products = known.flatMap(
    (fact) => (fact as { readonly products?: readonly ProductState[] }).products ?? [],
  );
  const ofProducts = [...troubleWarnings(products), ...behindWarnings(products, all.services)];
  return {
    status: 200,
    json: {
      ...all,
      ...(uses.length > 0 && { disk: uses }),
      warnings: [...warnings, ...missing, ...ofProducts, ...diskWarnings(uses)],
      ...Object.assign({}, ...known),
    },
  };
}

const UNREAD = {
  code: 'products-unread',
  message: 'The products could not be read in time: the store or the log does not answer.',
  hint: '/readyz names the one that is away; answers are refused with 503 until it is back.',
};
