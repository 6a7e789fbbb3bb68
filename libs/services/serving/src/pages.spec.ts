import type { ProductView } from '@tenon/views';
import type { Page } from './pages';
import { PageCache } from './pages';
import type { RowsQuery } from './query';

const view = () => ({}) as ProductView;
const query = () => ({}) as RowsQuery;
const page = (bytes = 0): Page => ({ parts: ['x'.repeat(bytes)], provisional: false, next: null });

test('a page is found again for the same question of the same view, and for no other', () => {
  const pages = new PageCache(1 << 20).product();
  const [before, now, question, made] = [view(), view(), query(), page()];
  pages.keep(before, question, made);
  expect(pages.find(before, question)).toBe(made);
  expect(pages.find(before, query())).toBeUndefined();
  expect(pages.find(now, question)).toBeUndefined();
  pages.keep(now, query(), page());
  expect(pages.find(now, question)).toBeUndefined();
  expect(pages.find(before, question)).toBeUndefined();
});

test('all products together stay within the bound, and none that is very large is kept', () => {
  const cache = new PageCache(16_000);
  const products = [cache.product(), cache.product()];
  const kept: [number, ProductView, RowsQuery][] = [];
  const views = [view(), view()];
  for (let n = 0; n < 200; n++) {
    const question = query();
    products[n % 2]!.keep(views[n % 2]!, question, page(500));
    kept.push([n % 2, views[n % 2]!, question]);
    const found = kept.filter(([product, of, asked]) => products[product]!.find(of, asked) !== undefined);
    expect(found.length * 500).toBeLessThan(16_000);
    expect(found.length).toBeGreaterThan(0);
  }
  const large = query();
  products[0]!.keep(views[0]!, large, page(2_000));
  expect(products[0]!.find(views[0]!, large)).toBeUndefined();
});

test('a bound of nothing keeps nothing', () => {
  const pages = new PageCache(0).product();
  const [of, question] = [view(), query()];
  pages.keep(of, question, page());
  expect(pages.find(of, question)).toBeUndefined();
});

test('of several views that are kept the one that came first goes', () => {
  const pages = new PageCache(1 << 20, 2).product();
  const [first, second, third, question] = [view(), view(), view(), query()];
  for (const one of [first, second, third]) pages.keep(one, question, page());
  expect([first, second, third].map((one) => pages.find(one, question) !== undefined)).toEqual([
    ...[false, true, true],
  ]);
});
