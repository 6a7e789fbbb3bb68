import type { Plan, SourceDefinition, Versions } from '@tenon/domain';
import { firstVersions } from '@tenon/domain';
import { judgeCatalog } from './judge';
import { durationText } from './texts';
import type { RunningCatalog } from './verdict';

const ORDERS: SourceDefinition = {
  ...{ name: 'orders', key: ['shop'], time: null, partitions: 4, dedupe: { window: 100 } },
  schema: { type: 'object', properties: { shop: { type: 'string' }, amount: { type: 'integer' } } },
};

const column = (name: string, type = 'BIGINT', role: 'key' | 'measure' = 'measure') => ({
  ...{ name, type, role, index: null },
});
const plan = (changed: Partial<Plan> = {}): Plan => ({
  ...{ v: 1, product: 'sales', version: 1, source: 'orders', topology: 'lambda', retentionMicros: null },
  ...{
    description: null,
    sql: 'SELECT 1',
    hash: `h${changed.version ?? 1}`,
    window: null,
    states: [],
    measures: [],
  },
  columns: [column('shop', 'VARCHAR', 'key'), column('n')],
  key: [{ column: 'shop', type: 'VARCHAR' }],
  engine: { columns: [{ name: 'shop', type: 'VARCHAR' }], partial: '', rows: null, finalize: null },
  ...changed,
});

const running = (versions?: Partial<Versions>, others: readonly Plan[] = []): RunningCatalog => ({
  ...{ sources: [ORDERS], plans: [plan({ version: versions?.declared ?? 1 })], others },
  versions: new Map(
    versions === undefined ? [] : [['sales', { ...firstVersions(1, 'lambda', 0), ...versions }]],
  ),
});

const judge = (
  next: Partial<Plan> | null,
  from: RunningCatalog,
  source: Partial<SourceDefinition> | null = {},
) =>
  judgeCatalog(from, {
    sources: source === null ? [] : [{ ...ORDERS, ...source }],
    plans: next === null ? [] : [plan(next)],
  });
const productOf = (next: Partial<Plan> | null, from = running({})) => judge(next, from).products[0];
const codes = (all: readonly { readonly code: string }[] = []) => all.map(({ code }) => code);

describe('a product', () => {
  test('of the same version and definition is as it is; what is no part of the definition is taken at once', () => {
    expect(productOf({})).toMatchObject({ outcome: 'unchanged', differences: [], notices: [] });
    expect(productOf({ description: 'x', generations: 3 })).toMatchObject({
      outcome: 'applied',
      differences: [{ what: 'generations', before: null, after: '3' }, { what: 'description' }],
    });
  });

  test('under another number than the declared one, after a reprocess or a restate, becomes what it is', () => {
    const from = running({ served: 3, last: 3, others: [{ version: 1, state: 'kept', since: 0 }] }, [
      plan({ version: 3 }),
    ]);
    const at = (next: Partial<Plan>) => productOf(next, from);
    expect(at({})).toMatchObject({ outcome: 'unchanged', served: 3, version: 1, becomes: 3 });
    expect(at({ generations: 3 })).toMatchObject({ outcome: 'applied', served: 3, version: 1, becomes: 3 });
    expect(at({ topology: 'kappa' })).toMatchObject({
      outcome: 'rebuild',
      served: 3,
      version: 1,
      becomes: 4,
    });
    expect(at({ version: 4 })).toMatchObject({ outcome: 'rebuild', served: 3, version: 4, becomes: 4 });
    expect(productOf(null, from)).toMatchObject({ outcome: 'removed', served: 3, becomes: null });
  });

  test('of another definition under its version is refused, with what differs and a number that is free', () => {
    const from = running({ last: 7 });
    const { problems, products } = judge({ hash: 'other', retentionMicros: 86_400_000_000 }, from);
    expect(products[0]).toMatchObject({ outcome: 'refused' });
    expect(problems).toMatchObject([
      {
        code: 'product-changed',
        message: expect.stringContaining('retention: none → 1 day') as string,
        hint: expect.stringContaining('version: 8') as string,
      },
    ]);
  });

  test('a version that is kept under another definition is refused too', () => {
    const from = running({ others: [{ version: 2, state: 'kept', since: 0 }] }, [plan({ version: 2 })]);
    expect(codes(judge({ version: 2, hash: 'other' }, from).problems)).toEqual(['product-changed']);
  });

  test('what goes to another version is told as the book of versions takes it', () => {
    const beside = (state: Versions['others'][number]['state']) =>
      running({ last: 2, others: [{ version: 2, state, since: 0 }] }, [plan({ version: 2 })]);
    expect(productOf({ version: 2 })?.outcome).toBe('rebuild');
    expect(productOf({ version: 2 }, running())?.outcome).toBe('rebuild');
    expect(productOf({ version: 2 }, beside('kept'))?.outcome).toBe('back');
    expect(productOf({ version: 2 }, beside('building'))?.outcome).toBe('applied');
    expect(productOf({ version: 2 }, beside('dropping'))?.outcome).toBe('rebuild');
    expect(productOf({ version: 2 }, beside('dropped'))?.outcome).toBe('rebuild');
    // It was rolled back: the catalog says 2 and runs 1, and taking it again changes nothing.
    const back = running({ declared: 2, last: 2, others: [{ version: 2, state: 'kept', since: 0 }] }, [
      plan(),
    ]);
    expect(productOf({ version: 2 }, back)).toMatchObject({ outcome: 'unchanged', served: 1, version: 2 });
    expect(productOf({ version: 1 }, back)).toMatchObject({ outcome: 'unchanged', served: 1 });
    expect(productOf({ version: 1, description: 'x' }, back)).toMatchObject({ outcome: 'applied' });
  });

  test('another one that is being built is given up for it', () => {
    const from = running({ last: 2, others: [{ version: 2, state: 'building', since: 0 }] }, [
      plan({ version: 2 }),
    ]);
    expect(codes(productOf({ version: 3 }, from)?.notices)).toContain('version-given-up');
    const built = running({ ...from.versions.get('sales'), declared: 2 }, [plan()]);
    expect(productOf({ version: 1 }, built)).toMatchObject({
      ...{ outcome: 'applied', notices: [{ code: 'version-given-up' }] },
    });
  });

  test('of another topology is built beside, under the next number, or gone back to', () => {
    expect(productOf({ topology: 'kappa' })).toMatchObject({
      outcome: 'rebuild',
      differences: [{ what: 'topology', before: 'lambda', after: 'kappa' }],
      notices: [{ code: 'topology-moves', message: expect.stringContaining('version 2') as string }],
    });
    const other = { version: 2, state: 'kept', since: 0 } as const;
    const kappa = plan({ version: 2, topology: 'kappa' });
    expect(productOf({ topology: 'kappa' }, running({ last: 2, others: [other] }, [kappa]))).toMatchObject({
      ...{ outcome: 'back', notices: [] },
    });
    const switched = running({ served: 2, last: 2, others: [{ ...other, version: 1 }] }, [kappa]);
    expect(productOf({ topology: 'kappa' }, switched)).toMatchObject({ outcome: 'applied', notices: [] });
    const stays = [
      { code: 'topology-switched', message: expect.stringContaining('served as kappa') as string },
    ];
    expect(productOf({}, switched)).toMatchObject({ outcome: 'unchanged', notices: stays });
    // The version that the catalog declares began with another topology than it has by now.
    const moved = running({ topology: 'kappa', last: 2, others: [{ ...other, state: 'building' }] }, [
      plan(),
      kappa,
    ]);
    const declared = { ...moved, plans: [plan({ topology: 'kappa' })] };
    expect(productOf({ topology: 'lambda' }, declared)).toMatchObject({ outcome: 'applied', notices: [] });
    // What the catalog says is being built.
    expect(productOf({ topology: 'kappa' }, declared)).toMatchObject({ outcome: 'unchanged', notices: [] });
  });

  test('that is new, or gone, is told so', () => {
    expect(productOf({ product: 'other' })).toMatchObject({ name: 'other', outcome: 'added', served: null });
    expect(productOf(null)).toMatchObject({
      ...{ outcome: 'removed', version: null, notices: [{ code: 'product-gone', breaking: true }] },
    });
  });
});

describe('readers of a product notice', () => {
  const notices = (next: Partial<Plan>) =>
    productOf({ version: 2, ...next })?.notices.map(({ code, breaking }) => `${code} ${breaking}`);
  const SAME = 'numbers-may-differ false';
  const shop = column('shop', 'VARCHAR', 'key');

  test.each<[string, Partial<Plan>, string[]]>([
    ['nothing but other numbers', {}, []],
    ['a new column', { columns: [shop, column('n'), column('m')] }, ['column-new false']],
    ['a column that is gone', { columns: [shop] }, ['column-gone true']],
    ['a column with another name', { columns: [shop, column('count')] }, ['column-renamed true']],
    [
      'one that is gone and one of another type',
      { columns: [shop, column('m', 'DOUBLE')] },
      ['column-gone true', 'column-new false'],
    ],
    ['a column of another type', { columns: [shop, column('n', 'HUGEINT')] }, ['column-retyped true']],
    [
      'rows that stand for something else',
      { columns: [{ ...shop, role: 'measure' }, column('n')], key: [] },
      ['keys-changed true'],
    ],
    [
      'a key that is not shown any more',
      { columns: [column('n')] },
      ['column-gone true', 'keys-changed true'],
    ],
    ['windows', { window: { column: 'w', sizeMicros: 1, sizeMonths: 0 } }, ['window-changed true']],
  ])('%s', (_what, next, expected) => {
    expect(notices(next)).toEqual([...expected, SAME]);
  });

  test('windows of another time zone', () => {
    const zoned = (zone: string) => ({ window: { column: 'n', sizeMicros: 1, sizeMonths: 0, zone } });
    const from = { ...running({}), plans: [plan(zoned('Europe/Berlin'))] };
    const codesFor = (zone: string) => codes(productOf({ version: 2, ...zoned(zone) }, from)?.notices);
    expect(codesFor('Europe/Lisbon')).toContain('window-changed');
    expect(codesFor('Europe/Berlin')).not.toContain('window-changed');
  });
});

describe('a source', () => {
  const sourceOf = (source: Partial<SourceDefinition> | null) => judge({}, running({}), source).sources[0];

  test('may get another lateness, a description, fields: at once, and its products are named', () => {
    const properties = { shop: { type: 'string' }, amount: { type: 'number' }, tip: { type: 'number' } };
    const from = { kind: 'kafka', stream: 'shop.orders', format: 'json' } as const;
    const change = {
      latenessMicros: 90_000_000,
      from,
      description: 'x',
      schema: { type: 'object', properties },
    };
    expect(sourceOf(change)).toMatchObject({
      ...{ outcome: 'applied', products: ['sales'], notices: [], problems: [] },
      differences: [
        { what: 'lateness', before: null, after: '90 seconds' },
        { what: 'from', before: null, after: 'kafka shop.orders (json)' },
        { what: 'description' },
        { what: 'field amount', before: '{"type":"integer"}', after: '{"type":"number"}' },
        { what: 'field tip', before: null },
      ],
    });
  });

  test('that is narrower is taken, and its producers notice', () => {
    const schema = { ...(ORDERS.schema as object), required: ['shop'] };
    expect(sourceOf({ schema })).toMatchObject({
      outcome: 'applied',
      differences: [{ what: 'required', before: null, after: 'shop' }],
      notices: [{ code: 'field-required', breaking: true }],
    });
    expect(codes(judge({}, running({}), { schema }).warnings)).toEqual(['field-required']);
  });

  test('keeps what decides where its events lie, each change by its own reason', () => {
    const { problems, sources } = judge({}, running({}), { partitions: 8, id: ['shop'] });
    expect(codes(problems)).toEqual(['source-changed', 'source-changed']);
    expect(sources[0]).toMatchObject({ outcome: 'refused', problems });
  });

  test('that is gone is noticed by its producers', () => {
    expect(sourceOf(null)).toMatchObject({
      outcome: 'removed',
      notices: [{ code: 'source-gone', breaking: true }],
    });
  });

  test('a schema that differs where no field is says so', () => {
    const schema = { ...(ORDERS.schema as object), minProperties: 1 };
    expect(sourceOf({ schema })?.differences).toEqual([{ what: 'schema', before: '…', after: '…' }]);
  });
});

test('durations are written as a catalog reads them', () => {
  const texts = [86_400_000_000, 129_600_000_000, 300_000_000, 1_000_000, 1_500_000, 1, 250_000];
  expect(texts.map(durationText)).toEqual([
    ...['1 day', '36 hours', '5 minutes', '1 second', '1.5 seconds', '0.000001 seconds', '0.25 seconds'],
  ]);
});
