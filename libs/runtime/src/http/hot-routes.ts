/** Matches hot routes without a framework. Whatever it does not match at once is left to Express, which knows them too. */
import type { Route } from '@tenon/ports';

interface HotRoute {
  readonly route: Route;
  readonly segments: readonly string[];
}

export interface HotMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

export class HotRoutes {
  private readonly routes: readonly HotRoute[];

  constructor(routes: readonly Route[]) {
    this.routes = routes
      .filter((route) => route.hot)
      .map((route) => ({ route, segments: route.path.split('/') }));
  }

  /** @param path without the query; only plain paths match (no percent-encoding, no empty segment). */
  match(method: string, path: string): HotMatch | undefined {
    if (this.routes.length === 0 || path.includes('%')) return undefined;
    const segments = path.split('/');
    for (const { route, segments: pattern } of this.routes) {
      if (route.method !== method || pattern.length !== segments.length) continue;
      const params = matchSegments(pattern, segments);
      if (params !== undefined) return { route, params };
    }
    return undefined;
  }
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  let params: Record<string, string> | undefined;
  for (let index = 1; index < pattern.length; index += 1) {
    const expected = pattern[index] ?? '';
    const actual = segments[index] ?? '';
    if (expected.startsWith(':')) {
      if (actual === '') return undefined;
      (params ??= {})[expected.slice(1)] = actual;
    } else if (expected !== actual) {
      return undefined;
    }
  }
  return params ?? (NO_PARAMS as Record<string, string>);
}
