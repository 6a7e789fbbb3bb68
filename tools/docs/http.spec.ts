/** docs/http.md lists the routes that the services have, with their parameters, and no other. */
import { OPERATIONS } from '@tenon/contracts/schemas';
import type { Source } from './sources';
import { readPage, readSources } from './sources';

const ROUTE = /method: '(GET|POST)',\s*path: '(\/[^']*)',\s*(?:hot: true,\s*)?query: (null|\[[^\]]*\])/g;

interface Found {
  readonly route: string;
  /** Null: any, which the route checks itself. */
  readonly parameters: readonly string[] | null;
}

/** Express writes `:name` what the page writes `{name}`. */
function routesOf(sources: readonly Source[]): Found[] {
  return sources.flatMap(({ text }) =>
    [...text.matchAll(ROUTE)].map(([, method, path = '', query = '']) => ({
      route: `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
      parameters: query === 'null' ? null : [...query.matchAll(/'(\w+)'/g)].map(([, name]) => name as string),
    })),
  );
}

const documented = (text: string) =>
  new Set([...text.matchAll(/`((?:GET|POST) \/[^`]*)`/g)].map(([, one]) => one));

/** The sections that speak of a route, but for the list of all at the top. */
function sectionsOf(page: string, route: string): string {
  return page
    .split(/^## /m)
    .slice(1)
    .filter((section) => section.includes(`\`${route}\``))
    .join('\n');
}

describe('docs/http.md', () => {
  const sources = readSources();
  const routes = routesOf(sources);
  const page = readPage('http.md');
  const list = documented(page.split(/^## /m)[0] as string);

  test('every route is found: nothing else says `path: "/…"`', () => {
    const paths = sources.flatMap(({ path, text }) => [...text.matchAll(/\bpath: ['"`]\//g)].map(() => path));
    expect(routes.length).toBeGreaterThan(10);
    expect(routes).toHaveLength(paths.length);
  });

  test('every route of the services is in the list, and has a section', () => {
    expect(routes.map(({ route }) => route).filter((route) => !list.has(route))).toEqual([]);
    expect(routes.map(({ route }) => route).filter((route) => sectionsOf(page, route) === '')).toEqual([]);
  });

  test('every route of the page is one of the services', () => {
    const known = new Set([...routes.map(({ route }) => route), 'GET /']); // the dashboard is files
    expect([...documented(page)].filter((route) => !known.has(route as string))).toEqual([]);
  });

  test('every parameter stands in its section', () => {
    const missing = routes.flatMap(({ route, parameters }) =>
      (parameters ?? [])
        .filter((name) => !sectionsOf(page, route).includes(`\`${name}\``))
        .map((name) => `${route}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  describe('libs/contracts/src/schemas/http/operations.ts, which /openapi.json is made of', () => {
    const described = new Map(
      Object.entries(OPERATIONS).map(([route, one]) => [route.replace(/:(\w+)/g, '{$1}'), one]),
    );

    test('has every route of the services, and no other', () => {
      const all = [...new Set(routes.map(({ route }) => route))];
      expect(all.filter((route) => !described.has(route))).toEqual([]);
      expect([...described.keys()].filter((route) => !all.includes(route))).toEqual([]);
    });

    test('has the parameters that each route takes', () => {
      // Those that take any name check it themselves.
      const strict = routes.filter(({ parameters }) => parameters !== null);
      const taken = strict.map(({ route, parameters }) => [route, [...(parameters ?? [])].sort()]);
      expect(taken).toEqual(
        strict.map(({ route }) => [route, Object.keys(described.get(route)?.query ?? {}).sort()]),
      );
    });

    test('has the parameters of each path', () => {
      const wrong = Object.entries(OPERATIONS).filter(([route, { path = {} }]) => {
        const names = [...route.matchAll(/:(\w+)/g)].map(([, name]) => name);
        return JSON.stringify(names.sort()) !== JSON.stringify(Object.keys(path).sort());
      });
      expect(wrong.map(([route]) => route)).toEqual([]);
    });
  });

  test('the parameters of rows stand in their section', () => {
    const query = sources.find(({ path }) => path === 'libs/contracts/src/rows-query.ts');
    const options = /const ROWS_OPTIONS = \[([^\]]*)\]/.exec(query?.text ?? '')?.[1] ?? '';
    const names = [...options.matchAll(/'(\w+)'/g)].map(([, name]) => name as string);
    expect(names.length).toBeGreaterThan(5);
    const section = sectionsOf(page, 'GET /v1/products/{name}/rows');
    expect(names.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
  });

  test('its examples in JSON are JSON', () => {
    const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text as string);
    expect(examples.length).toBeGreaterThan(5);
    for (const example of examples) expect(() => JSON.parse(example) as unknown).not.toThrow();
  });

  test('a route that is not documented would be noticed', () => {
    const text = "{ method: 'GET', path: '/v1/trace/:id', query: ['deep'], handle }";
    expect(routesOf([{ path: 'x.ts', text }])).toEqual([
      { route: 'GET /v1/trace/{id}', parameters: ['deep'] },
    ]);
    expect(list.has('GET /v1/trace/{id}')).toBe(false);
  });
});
