/** Matches hot routes without a framework. Whatever it does not match at once is left to Express, which knows them too. */
import type { Route } from '@tenon/ports';

interface HotRoute {
  readonly route: Route;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

export interface HotMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The same paths are asked for again and again; as many of them are remembered. */
const REMEMBERED = 1_000;
const LONGEST = 200;

export class HotRoutes {
  private readonly routes: readonly HotRoute[];
  private readonly remembered = { GET: new Map<string, HotMatch>(), POST: new Map<string, HotMatch>() };

  constructor(routes: readonly Route[]) {
    this.routes = routes.filter((route) => route.hot).map(hotRoute);
  }

  /** @param path without the query; only plain paths match (no percent-encoding, no empty segment) */
  match(method: string | undefined, path: string): HotMatch | undefined {
    const wanted = method === 'HEAD' ? 'GET' : method;
    if (wanted !== 'GET' && wanted !== 'POST') return undefined;
    const remembered = this.remembered[wanted];
    const known = remembered.get(path);
    if (known !== undefined) return known;
    const match = this.find(wanted, path);
    if (match === undefined || path.length > LONGEST) return match;
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(path, match);
    return match;
  }

  private find(wanted: Route['method'], path: string): HotMatch | undefined {
    for (const { route, pattern, names } of this.routes) {
      if (route.method !== wanted) continue;
      const found = pattern.exec(path);
      if (found === null) continue;
      const params: Record<string, string> = {};
      for (let index = 0; index < names.length; index += 1)
        params[names[index] as string] = found[index + 1] as string;
      return { route, params: Object.freeze(params) };
    }
    return undefined;
  }
}

function hotRoute(route: Route): HotRoute {
  const names: string[] = [];
  const segments = route.path.split('/').map((segment) => {
    if (!segment.startsWith(':')) return segment.replace(/[^\w-]/g, '\\$&');
    names.push(segment.slice(1));
    return '([^/%]+)';
  });
  return { route, names, pattern: new RegExp(`^${segments.join('/')}$`) };
}
