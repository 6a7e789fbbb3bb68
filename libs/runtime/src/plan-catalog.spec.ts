import type { Plan, ProductDefinition, SourceDefinition } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { CatalogContent, DeclaredProduct, Engine } from '@tenon/ports';
import { planCatalog } from './plan-catalog';

const source = (name: string): SourceDefinition => ({
  ...{ name, key: [], time: null, schema: true, partitions: 1, dedupe: { window: 0 } },
});
const product = (name: string, sql: string): DeclaredProduct => ({
  definition: { name, sql, version: 1, topology: 'lambda', retentionMicros: null },
  place: { file: `products/${name}.sql`, line: 1, column: 1 },
});

/** Plans a SELECT that names the source; refuses any other at line 2, column 3. */
const engine = {
  plan: async ({ name }: SourceDefinition, definition: ProductDefinition): Promise<Plan> => {
    if (new RegExp(`FROM "?${name}"?($|\\s)`).test(definition.sql))
      return { product: definition.name, source: name } as Plan;
    throw new Refusal('plan-refused', [
      { code: 'unknown-table', message: `not ${name}`, place: { file: '', line: 2, column: 3 } },
    ]);
  },
};
const plan = async (content: Partial<CatalogContent>) => {
  const planned = await planCatalog(engine, { sources: [], products: [], problems: [], ...content });
  return {
    plans: planned.plans.map((one) => `${one.product} from ${one.source}`),
    problems: planned.problems.map(
      ({ message, place }) => `${place?.file}:${place?.line}:${place?.column} ${message}`,
    ),
  };
};

it('plans each product on the source that its SELECT reads', async () => {
  const sources = [source('a'), source('ab')];
  const products = [product('x', 'SELECT a FROM ab'), product('y', '-- ab\nSELECT 1 FROM a')];
  expect(await plan({ sources, products })).toEqual({ plans: ['x from ab', 'y from a'], problems: [] });
});

it('tells names with hyphens apart', async () => {
  const sources = ['a', 'a-', 'a-b', 'b', 'a--b'].map(source);
  const products = sources.map(({ name }) => product(`of ${name}`, `SELECT 1 FROM "${name}"\n`));
  const plans = sources.map(({ name }) => `of ${name} from ${name}`);
  expect(await plan({ sources, products })).toEqual({ plans, problems: [] });
});

it('says what else there is, and whether the SELECT names any of it', async () => {
  const told: unknown[] = [];
  const telling = {
    plan: async (...[of, { sql }, beside]: Parameters<Engine['plan']>): Promise<Plan> => {
      told.push([sql, of.name, beside]);
      return {} as Plan;
    },
  };
  const products = [product('x', 'SELECT 1 FROM b'), product('y', 'SELECT 1 FROM c')];
  await planCatalog(telling, { sources: [source('a'), source('b')], products, problems: [] });
  expect(told).toEqual([
    ['SELECT 1 FROM b', 'b', { sources: ['a'], guessed: false }],
    ['SELECT 1 FROM c', 'a', { sources: ['b'], guessed: true }],
  ]);
});

it("shows problems in the product's file, and does not stop at the first", async () => {
  const products = [product('x', 'SELECT 1 FROM nope'), product('y', 'SELECT 1 FROM nope')];
  expect(await plan({ sources: [source('a')], products })).toEqual({
    plans: [],
    problems: ['products/x.sql:2:3 not a', 'products/y.sql:2:3 not a'],
  });
});

it('plans products with other problems too, for theirs, and spares those whose source has some', async () => {
  const unsound = {
    sources: ['bad'],
    products: [product('p', 'SELECT 1 FROM a'), product('q', 'SELECT 1 FROM nope')],
  };
  const products = [product('x', 'SELECT 1 FROM "bad"'), product('y', 'SELECT 1 FROM a')];
  expect(await plan({ sources: [source('a')], products, unsound })).toEqual({
    plans: ['y from a'],
    problems: ['products/q.sql:2:3 not a'],
  });
});
