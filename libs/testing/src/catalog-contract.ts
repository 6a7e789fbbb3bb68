/** What every Catalog must do. Run it with `describeCatalogContract` in the adapter's spec. */
import type { Catalog } from '@tenon/ports';

export interface CatalogHarness {
  /** At least one source and one product, and nothing wrong with them. */
  readonly good: Catalog;
  /** The good ones, and at least one source and one product that can't be used. */
  readonly broken: Catalog;
  dispose?(): Promise<void>;
}

export function describeCatalogContract(name: string, create: () => Promise<CatalogHarness>): void {
  describe(`${name} keeps the contract of Catalog`, () => {
    let harness: CatalogHarness;

    beforeAll(async () => {
      harness = await create();
    });

    afterAll(() => harness.dispose?.());

    test('loading gives sources and products, each name once', async () => {
      const { sources, products, problems } = await harness.good.load();
      expect(problems).toEqual([]);
      expect(sources.length).toBeGreaterThan(0);
      expect(products.length).toBeGreaterThan(0);
      const names = [
        sources.map((source) => source.name),
        products.map((product) => product.definition.name),
      ];
      for (const list of names) expect(new Set(list).size).toBe(list.length);
      for (const source of sources) {
        expect(source.partitions).toBeGreaterThanOrEqual(1);
        expect(source.dedupe.window).toBeGreaterThanOrEqual(0);
      }
      for (const { definition, place } of products) {
        expect(definition.version).toBeGreaterThanOrEqual(1);
        expect(definition.sql).not.toBe('');
        expect(place.file).not.toBe('');
      }
    });

    test('loading twice gives the same, and nobody can change what another has loaded', async () => {
      const first = await harness.good.load();
      const before = JSON.stringify(first);
      (first.sources as unknown[]).length = 0;
      expect(JSON.stringify(await harness.good.load())).toBe(before);
    });

    test('a definition is plain JSON', async () => {
      const content = await harness.good.load();
      expect(JSON.parse(JSON.stringify(content))).toEqual(content);
    });

    test('problems are told all at once, with a code and a place, and never thrown', async () => {
      const { problems } = await harness.broken.load();
      expect(problems.length).toBeGreaterThanOrEqual(2);
      for (const problem of problems) {
        expect(problem.code).toMatch(/^[a-z][a-z0-9-]*$/);
        expect(problem.message).not.toBe('');
        expect(problem.place?.file ?? '').not.toBe('');
      }
    });

    test('what is wrong is left out, and what is right is still there', async () => {
      const [good, broken] = [await harness.good.load(), await harness.broken.load()];
      const names = (content: typeof good) => ({
        sources: content.sources.map((source) => source.name).sort(),
        products: content.products.map((product) => product.definition.name).sort(),
      });
      expect(names(broken)).toEqual(names(good));
    });
  });
}
