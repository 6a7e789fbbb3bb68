import { readFileSync, readdirSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { DASHBOARD_CSP, dashboardStatics } from './index';
import type { Answer, Product, Row, Value } from './wire';

interface RowStore {
  readonly size: number;
  readonly dropped: boolean;
  upsert(rows: Iterable<Row>, reach: number): void;
  remove(cells: readonly string[] | undefined): void;
  retain(cells: ReadonlySet<string>, from: string | undefined, to: string | undefined, reach: number): void;
  windows(): readonly string[];
  of(window: string): Row[];
}
interface Part {
  readonly partition: string;
  readonly batch: number;
  readonly speed: number;
}
interface Modules {
  Rows: new (options: {
    cap: number;
    windowOf: (row: Row) => string;
    idOf: (row: Row) => string;
  }) => RowStore;
  shapeOf(product: Pick<Product, 'columns' | 'window'>): {
    windowOf(row: Row): string;
    keyOf(row: Row): string;
  };
  partsOf(answer: Pick<Answer, 'cut' | 'included'>): Part[];
  totalOf(parts: readonly Part[]): { batch: number; speed: number; records: number; batchShare: number };
  roundUp(n: number): number;
  Zoom: new () => { readonly span: number; observe(parts: readonly Part[], generation: number): void };
  Rate: new () => { observe(at: number, records: number): void; perSecond(now: number): number | null };
  show(value: Value, type: string): string;
  showIn(row: Row, column: { name: string; type: string }): string;
  percent(share: number): string;
  windowLabel(start: string, window: { column: string; sizeMicros: number; sizeMonths: number }): string;
  twoLines(values: readonly (number | null)[], provisional: readonly boolean[]): [unknown[], unknown[]];
  withGaps(windows: readonly string[], shape: { sizeMicros: number; sizeMonths: number }): string[];
  spanOf(x: readonly number[], step: number): [number, number] | null;
  brief(n: number): string;
  windowsBefore(
    start: string,
    window: { column: string; sizeMicros: number; sizeMonths: number },
    count: number,
  ): string;
  readAddress(hash: string): {
    product?: string;
    measure: string | null;
    keys: string[];
    span: number;
    compare?: object;
  };
  writeComparison(product: string, sides: object): string;
  sidesOf(product: object, generations: readonly object[]): object[];
  usualSides(sides: readonly object[]): [string, string] | null;
  writeAddress(choice: { product: string; measure: string | null; keys: string[]; span: number }): string;
}

let page: Modules;

beforeAll(async () => {
  const names = ['rows', 'seam', 'format', 'chart-data', 'history', 'address', 'comparison'];
  const load = (name: string): Promise<object> =>
    import(join(__dirname, '..', 'public', 'assets', `${name}.js`));
  page = Object.assign({}, ...(await Promise.all(names.map(load))));
});

const HOUR = { column: 'w', sizeMicros: 3_600_000_000, sizeMonths: 0 };
const row = (cell: string, w: string, n: number): Row => ({ _cell: cell, _status: 'final', w, n });
const store = (cap: number) => new page.Rows({ cap, windowOf: (r) => String(r['w']), idOf: (r) => r._cell });

describe('the rows that the page keeps', () => {
  it('a row is replaced by one of an answer that reaches as far, never by one that reaches less far', () => {
    const rows = store(10);
    rows.upsert([row('a', '1', 5)], 100);
    rows.upsert([row('a', '1', 4)], 90);
    expect(rows.of('1')[0]?.['n']).toBe(5);
    rows.upsert([row('a', '1', 6)], 100);
    expect(rows.of('1')[0]?.['n']).toBe(6);
    expect(rows.size).toBe(1);
  });

  it('above the cap the oldest windows go, by time and not by text', () => {
    const rows = store(2);
    const windows = ['2001-01-01T00:00:00.5Z', '2001-01-01T00:00:00Z', '2000-12-31T23:00:00Z'];
    rows.upsert(
      windows.map((w, i) => row(String(i), w, i)),
      1,
    );
    expect(rows.windows()).toEqual(['2001-01-01T00:00:00Z', '2001-01-01T00:00:00.5Z']);
    expect(rows.dropped).toBe(true);
  });

  it('without windows the rows that changed longest ago go', () => {
    const rows = store(2);
    for (const cell of ['a', 'b', 'a', 'c']) rows.upsert([row(cell, '', 0)], 1);
    expect(rows.of('').map((r) => r._cell)).toEqual(['a', 'c']);
  });

  it('a row that an answer of further reach no longer holds goes; a newer one and an older window stay', () => {
    const rows = store(10);
    const [early, late] = ['2001-01-01T00:00:00Z', '2001-01-01T01:00:00Z'];
    rows.upsert([row('old', early, 1), row('gone', late, 1), row('kept', late, 1)], 5);
    rows.upsert([row('newer', late, 1)], 20);
    rows.retain(new Set(['kept']), late, undefined, 10);
    rows.retain(new Set(), undefined, early, 10);
    expect(rows.windows().flatMap((window) => rows.of(window).map((r) => r._cell))).toEqual([
      'old',
      'kept',
      'newer',
    ]);
    rows.remove(['old', 'newer']);
    expect(rows.windows()).toEqual([late]);
    expect(rows.size).toBe(1);
  });

  it('a key is read by the product’s columns, null apart from the text', () => {
    const columns = [
      { name: 'w', type: 'TIMESTAMP', role: 'key' },
      { name: 'k', type: 'VARCHAR', role: 'key' },
      { name: 'n', type: 'BIGINT', role: 'measure' },
    ];
    const shape = page.shapeOf({ columns, window: HOUR });
    expect(shape.keyOf({ _cell: '', _status: '', w: 'x', k: null })).toBe('[null]');
    expect(shape.windowOf({ _cell: '', _status: '', w: 'x', k: 'y' })).toBe('x');
  });
});

describe('the seam', () => {
  it('splits an answer at the cut, partition by partition; a partition without a cut is all speed', () => {
    const parts = page.partsOf({ cut: { s: { 0: 70, 10: 5 } }, included: { s: { 10: 5, 2: 5, 0: 90 } } });
    expect(parts.map(({ partition, batch, speed }) => [partition, batch, speed])).toEqual([
      ['0', 70, 20],
      ['2', 0, 5],
      ['10', 5, 0],
    ]);
    expect(page.totalOf(parts)).toEqual({ batch: 75, speed: 25, records: 100, batchShare: 0.75 });
  });

  it('rounds a scale up to 1, 2 or 5 times a power of ten', () => {
    expect([0, 1, 3, 10, 11, 499, 501].map((n) => page.roundUp(n))).toEqual([1, 1, 5, 10, 20, 500, 1000]);
  });

  it('keeps its scale while a cut passes, and shrinks it one epoch later', () => {
    const zoom = new page.Zoom();
    const parts = (speed: number) => [{ partition: '0', batch: 0, speed }];
    zoom.observe(parts(4000), 1);
    expect(zoom.span).toBe(5000);
    zoom.observe(parts(3), 2);
    expect(zoom.span).toBe(5000);
    zoom.observe(parts(1), 3);
    expect(zoom.span).toBe(100);
  });

  it('tells a rate only from a second of answers, and falls to zero when nothing comes', () => {
    const rate = new page.Rate();
    rate.observe(0, 0);
    expect(rate.perSecond(500)).toBeNull();
    rate.observe(2000, 1000);
    expect(rate.perSecond(2000)).toBe(500);
    expect(rate.perSecond(4000)).toBe(250);
  });
});

describe('values as text', () => {
  it.each<[Value, string, string]>([
    [1234567, 'BIGINT', '1,234,567'],
    [
      '170141183460469231731687303715884105727',
      'HUGEINT',
      '170,141,183,460,469,231,731,687,303,715,884,105,727',
    ],
    ['-1234.50', 'DECIMAL(38,2)', '-1,234.50'],
    [560.19, 'DECIMAL(9,2)', '560.19'],
    [-9999999999.99, 'DECIMAL(18,2)', '-9,999,999,999.99'],
    [5, 'DECIMAL(9,2)', '5.00'],
    [9007199254740991, 'BIGINT', '9,007,199,254,740,991'],
    [1e301, 'DOUBLE', '1e+301'],
    [1.5e15, 'DOUBLE', '1.5e+15'],
    [12.3456, 'DOUBLE', '12.35'],
    [44, 'DOUBLE', '44.00'],
    [0.00001234, 'DOUBLE', '0.0000123'],
    ['NaN', 'DOUBLE', 'NaN'],
    [null, 'BIGINT', '–'],
    [true, 'BOOLEAN', 'yes'],
    ['007', 'VARCHAR', '007'],
    ['2001-02-03T04:05:06Z', 'TIMESTAMP', '3 Feb 2001 04:05:06'],
    [[1.5, 20], 'DOUBLE[]', '1.50 · 20.00'],
    [[1, 20], 'BIGINT[]', '1 · 20'],
    [[], 'BIGINT[]', '–'],
    [{ a: 1, b: 2, c: 3, d: 4 }, 'MAP(VARCHAR, BIGINT)', 'a 1 · b 2 · c 3 · 1 more'],
  ])('%j of type %s reads %s', (value, type, text) => {
    expect(page.show(value, type)).toBe(text);
  });

  it('an estimate says so', () => {
    const estimated: Row = { _cell: '', _status: '', _approximate: ['n'], n: 12000, m: 1 };
    expect(page.showIn(estimated, { name: 'n', type: 'BIGINT' })).toBe('≈ 12,000');
    expect(page.showIn(estimated, { name: 'm', type: 'BIGINT' })).toBe('1');
  });

  it('a share is never rounded to all or nothing', () => {
    expect([0, 0.0001, 0.5, 0.99999, 1].map((share) => page.percent(share))).toEqual([
      '0',
      '<0.1',
      '50.0',
      '>99.9',
      '100',
    ]);
  });

  it.each([
    ['2001-01-01T23:00:00Z', HOUR, '1 Jan 2001, 23:00–00:00'],
    ['2001-01-01T00:00:00Z', { ...HOUR, sizeMicros: 86_400_000_000 }, 'Mon, 1 Jan 2001'],
    ['2001-01-01', { ...HOUR, sizeMicros: 7 * 86_400_000_000 }, '1 Jan 2001 – 7 Jan 2001'],
    ['2001-03-01T00:00:00Z', { ...HOUR, sizeMicros: 0, sizeMonths: 1 }, 'Mar 2001'],
    ['2001-01-01T00:00:00Z', { ...HOUR, sizeMicros: 0, sizeMonths: 12 }, '2001'],
  ])('the window of %s reads as what it spans', (start, window, text) => {
    expect(page.windowLabel(start, window)).toBe(text);
  });
});

describe('the chart’s lines', () => {
  it('a segment is provisional if one of its ends is', () => {
    expect(page.twoLines([1, 2, 3, 4], [false, false, true, false])).toEqual([
      [1, 2, null, 4],
      [null, 2, 3, 4],
    ]);
  });

  it('a gap stands where a window has no row', () => {
    const windows = ['2001-01-01T00:00:00Z', '2001-01-01T01:00:00Z', '2001-01-01T03:00:00Z'];
    expect(page.withGaps(windows, HOUR)).toEqual([windows[0], windows[1], '', windows[2]]);
  });

  it('a single window is shown between its neighbours, several as they lie', () => {
    expect(page.spanOf([7200], 3600)).toEqual([3600, 10_800]);
    expect(page.spanOf([3600, 7200], 3600)).toBeNull();
    expect(page.spanOf([], 3600)).toBeNull();
  });

  it('numbers beside the axis stay short, however large they are', () => {
    const labels = [0, 12_500, 2.5e12, -1e301, 7.500000000001e300].map((n) => page.brief(n));
    expect(labels).toEqual(['0', '12.5K', '2.5T', '-1e+301', '7.5e+300']);
  });

  it('history begins so many windows back, calendar months included', () => {
    expect(page.windowsBefore('2001-01-01T05:00:00Z', HOUR, 6)).toBe('2000-12-31T23:00:00.000Z');
    const months = { ...HOUR, sizeMicros: 0, sizeMonths: 1 };
    expect(page.windowsBefore('2001-03-01T00:00:00Z', months, 4)).toBe('2000-11-01T00:00:00.000Z');
  });
});

describe('the address', () => {
  it('keeps the choice', () => {
    const choice = {
      product: 'a b/c',
      measure: 'n',
      keys: ['["x&y"]', '[null]'],
      span: 200,
      window: '2001-01-01T05:00:00Z',
      filter: 'a=b&c',
    };
    expect(page.readAddress(page.writeAddress(choice))).toEqual(choice);
  });

  it('of a comparison keeps both sides', () => {
    const sides = { a: '@2', b: '3@4', by: 'a b', kind: 'onlyA' };
    const read = page.readAddress(page.writeComparison('a b/c', sides));
    expect([read.product, read.compare]).toEqual(['a b/c', sides]);
    const none = { a: null, b: null, by: null, kind: null };
    expect(page.readAddress('#/x/compare?kind=other').compare).toEqual(none);
    expect(page.readAddress('#/x').compare).toBeUndefined();
  });

  it('usually compares another version, else what the last cut changed', () => {
    const generations = [4, 3].map((generation) => ({ generation, line: 0, servedAt: null }));
    const sides = (versions: object[], of = generations) =>
      page.usualSides(page.sidesOf({ version: 2, versions }, of));
    expect(
      sides([
        { version: 2, state: 'served' },
        { version: 3, state: 'ready' },
      ]),
    ).toEqual(['2', '3']);
    expect(sides([{ version: 1, state: 'dropped' }])).toEqual(['@3', '@4']);
    expect(sides([], generations.slice(0, 1))).toBeNull();
  });

  it.each(['', '#', '#/', '#/x?cell=%', '#/%E0%A4%A?cell=nonsense&windows=-1'])(
    '%s is read without a throw',
    (hash) => {
      expect(page.readAddress(hash).keys).toEqual([]);
    },
  );
});

describe('what is served', () => {
  const statics = dashboardStatics();
  const root = statics.find(({ prefix }) => prefix === '/');
  const html = readFileSync(join(root?.directory ?? '', root?.index ?? ''), 'utf8');

  it('index.html preloads every module of the page, so that none waits for another', () => {
    const assets = join(root?.directory ?? '', 'assets');
    const modules = (readdirSync(assets, { recursive: true }) as string[])
      // That of the page for signing in is its own.
      .filter((file) => extname(file) === '.js' && file !== 'signin.js')
      .map((file) => `/assets/${file.split(sep).join('/')}`);
    const named = [...html.matchAll(/(?:modulepreload" href|module" src)="(\/assets\/(?!vendor)[^"]+)"/g)];
    expect(named.map(([, path]) => path).sort()).toEqual(modules.sort());
  });

  it('every file that index.html names is in a served directory', () => {
    for (const [, path = ''] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
      const mount = statics.find(({ prefix }) => path.startsWith(prefix));
      expect(statSync(join(mount?.directory ?? '', path.slice(mount?.prefix.length))).isFile()).toBe(true);
    }
  });

  it('index.html has no inline script or style, so that the policy can forbid them', () => {
    expect(DASHBOARD_CSP).toContain(
      /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(html)?.[1],
    );
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
  });
});
