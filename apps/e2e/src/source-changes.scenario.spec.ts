/**
 * Sources that change while Tenon runs, and names and values that could be taken for something else: twins of a product, Lambda
 * and Kappa, and what both have to say before a cut, after it, and after all was computed anew.
 */
import type { Row } from './tenon';
import { Tenon } from './tenon';
interface LedgerOf {
  readonly product: string;
  readonly accepted: number;
  readonly aggregated: number;
  readonly filtered: number;
  readonly duplicate: number;
  readonly deadLettered: number;
  readonly expired: number;
  readonly control: number;
}

/** A Tenon whose products are twins, Lambda and Kappa. */
class Twins extends Tenon {
  private receipt = '';

  source(name: string, yaml: string): void {
    this.file(`sources/${name}.yaml`, yaml);
  }

  /** `lam` and `kap`, or with a prefix. */
  twins(sql: string, version = 1, prefix = ''): void {
    for (const [name, topology] of [
      ['lam', 'lambda'],
      ['kap', 'kappa'],
    ] as const) {
      this.file(`products/${prefix}${name}.sql`, sql);
      this.file(`products/${prefix}${name}.yaml`, `version: ${version}\ntopology: ${topology}\n`);
    }
  }

  async takeCatalog(): Promise<void> {
    const { body } = await this.reload();
    expect(body['instances']).toMatchObject([{ outcome: 'reloaded' }]);
  }

  /** Once the names of the twins have gone over to a version. */
  twinsServe(version: number, prefix = ''): Promise<void> {
    return this.serves(['lam', 'kap'].map((name) => [`${prefix}${name}`, version] as const));
  }

  async sendAll(source: string, events: readonly object[]): Promise<void> {
    const { status, body } = await this.send(
      source,
      events.map((event) => JSON.stringify(event)),
    );
    expect([status, body['accepted']]).toEqual([202, events.length]);
    this.receipt = body['receipt'] as string;
  }

  /** The product's rows once it has what was sent last, without Tenon's own columns. */
  async answered(product: string): Promise<Row[]> {
    const { status, rows } = await this.rows(product, { after: this.receipt, timeout: '30000' });
    expect(status).toBe(200);
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_'))),
    );
  }

  async serveCut(full = false): Promise<void> {
    const { status, body } = await this.cut(full);
    expect([status, body['code']]).toEqual([202, undefined]);
  }

  async ledger(product: string): Promise<LedgerOf> {
    const { body } = await this.call('/v1/ledger');
    return (body['products'] as LedgerOf[]).find((one) => one.product === product)!;
  }

  /** The twins say this now, after a cut, after a full one and after a restart. */
  async expectAlways(expected: readonly Row[], prefix = ''): Promise<void> {
    await this.expectNow(expected, prefix);
    await this.serveCut();
    await this.expectNow(expected, prefix);
    await this.serveCut(true);
    await this.expectNow(expected, prefix);
    await this.restart();
    await this.expectNow(expected, prefix);
  }

  async expectNow(expected: readonly Row[], prefix = ''): Promise<void> {
    const [lam, kap] = [await this.answered(`${prefix}lam`), await this.answered(`${prefix}kap`)];
    expect({ lam: sorted(lam), kap: sorted(kap) }).toEqual({ lam: sorted(expected), kap: sorted(expected) });
  }
}

const sorted = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).sort();

let tenon: Twins;
beforeEach(() => {
  tenon = new Twins();
});
afterEach(() => tenon.stop());

test('a field that is declared after events with it were archived', async () => {
  const schema = (fields: string) =>
    `schema:\n  type: object\n  required: [k]\n  properties:\n    k: { type: string }\n${fields}`;
  tenon.source(
    'ev',
    schema('    at: { type: string }\n    o: { type: object, properties: { a: { type: integer } } }\n'),
  );
  tenon.twins('SELECT k, count(*) AS n FROM ev GROUP BY k');
  await tenon.start();
  const event = (x: number) => ({ k: 'a', x, at: '2026-01-01T10:00:00+02:00', o: { a: x, b: x } });
  await tenon.sendAll('ev', [event(1), event(2)]);
  await tenon.expectNow([{ k: 'a', n: 2 }]);
  await tenon.serveCut();
  await tenon.sendAll('ev', [event(3)]);
  tenon.source(
    'ev',
    schema(`    x: { type: integer }
    at: { type: string, format: date-time }
    o: { type: object, properties: { a: { type: integer }, b: { type: integer } } }\n`),
  );
  tenon.twins(
    'SELECT k, count(*) AS n, count(x) AS xs, sum(x) AS sx, max("at") AS t, sum(o.a + o.b) AS o FROM ev GROUP BY k',
    2,
  );
  await tenon.takeCatalog();
  await tenon.twinsServe(2);
  await tenon.expectAlways([{ k: 'a', n: 3, xs: 3, sx: 6, t: '2026-01-01T08:00:00Z', o: 12 }]);
});

test('a field that changes its type: what does not fit is a dead letter in both layers, and nothing stands still', async () => {
  const source = (v: string) =>
    tenon.source(
      'ev',
      `key: g\ntime: t\nschema:\n  type: object\n  required: [t]\n  properties:\n    t: { type: string, format: date-time }\n    g: { type: [string, 'null'] }\n    v: ${v}\n`,
    );
  const steps: readonly [type: string, values: readonly unknown[], rows: readonly string[], dead: number][] =
    [
      ["{ type: [string, 'null'] }", ['12', 'abc', null, ''], ['s1 4 3 abc'], 0],
      ["{ type: [integer, 'null'] }", [7, null], ['s1 2 1 12', 's2 2 1 7'], 2],
      [
        "{ type: [number, 'null'], multipleOf: 0.01 }",
        [0.25],
        ['s1 2 1 12.00', 's2 2 1 7.00', 's3 1 1 0.25'],
        2,
      ],
      ["{ type: [string, 'null'] }", ['end'], ['s1 4 3 abc', 's2 2 1 7', 's3 1 1 0.25', 's4 1 1 end'], 0],
    ];
  let sent = 0;
  for (const [index, [type, values, rows, dead]] of steps.entries()) {
    const version = index + 1;
    source(type);
    tenon.twins('SELECT g, count(*) AS n, count(v) AS c, max(v::VARCHAR) AS m FROM ev GROUP BY ALL', version);
    tenon.twins('SELECT count(*) AS n FROM ev', version, 'all_');
    await (index === 0 ? tenon.start() : tenon.restart());
    await tenon.twinsServe(version);
    await tenon.twinsServe(version, 'all_');
    await tenon.sendAll(
      'ev',
      values.map((v) => ({ t: '2026-03-01T00:00:00Z', g: `s${version}`, v })),
    );
    sent += values.length;
    const expected = rows.map((row) => {
      const [g, n, c, m] = row.split(' ');
      return { g, n: Number(n), c: Number(c), m };
    });
    await tenon.expectNow(expected);
    await tenon.serveCut();
    await tenon.expectNow(expected);
    await tenon.serveCut(true);
    await tenon.expectNow(expected);
    await tenon.expectNow([{ n: sent }], 'all_');
    for (const product of ['lam', 'kap']) {
      const { accepted, aggregated, filtered, duplicate, deadLettered, expired, control } =
        await tenon.ledger(product);
      expect([
        product,
        deadLettered,
        aggregated + filtered + duplicate + deadLettered + expired + control,
      ]).toEqual([product, dead, accepted]);
    }
  }
});

test('a field called as a folder of the lake', async () => {
  tenon.source(
    'ev',
    'time: at\nkey: g\nschema: {"type": "object", "required": ["at"], "properties": {"at": {"type": "string", "format": "date-time"}, "g": {"type": ["string", "null"]}, "p": {"type": ["number", "null"], "multipleOf": 0.01}}}',
  );
  tenon.twins('SELECT g, count(*) AS n, sum(p) AS s, min(p) AS lo FROM ev GROUP BY ALL');
  await tenon.start();
  await tenon.sendAll(
    'ev',
    Array.from({ length: 12 }, (_, index) => ({
      ...{ at: `2026-03-01T00:00:${String(index).padStart(2, '0')}Z`, g: 'abcd'[index % 4], p: 10.5 + index },
    })),
  );
  await tenon.expectAlways([
    { g: 'a', n: 3, s: 43.5, lo: 10.5 },
    { g: 'b', n: 3, s: 46.5, lo: 11.5 },
    { g: 'c', n: 3, s: 49.5, lo: 12.5 },
    { g: 'd', n: 3, s: 52.5, lo: 13.5 },
  ]);
});

test('times far from now, as keys and as measures', async () => {
  tenon.source(
    'ev',
    'time: at\nkey: g\nschema: {"type": "object", "required": ["at"], "properties": {"at": {"type": "string", "format": "date-time"}, "g": {"type": ["string", "null"]}, "valid_to": {"type": ["string", "null"], "format": "date-time"}}}',
  );
  tenon.twins(
    'SELECT g, max(valid_to) AS hi, min(valid_to) AS lo, count(DISTINCT valid_to) AS d, count(*) AS n, arg_max(valid_to, event_time) AS "last" FROM ev GROUP BY ALL',
  );
  tenon.twins('SELECT valid_to AS k, count(*) AS n FROM ev GROUP BY ALL', 1, 'by_');
  await tenon.start();
  const times = [
    ...['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999998Z'],
    ...['9999-12-31T23:59:59Z', '2300-01-01T00:00:00.000001Z', '2300-01-01T00:00:00.000002Z'],
    ...['2300-01-01T00:00:00.000003Z', '1600-01-01T00:00:00.123456Z', '1600-01-01T00:00:00.123457Z'],
    ...['2026-03-01T00:00:00.123456Z', '2026-03-01T00:00:00.123457Z', null],
  ];
  const events = times.map((valid_to, index) => ({
    ...{ at: `2026-03-01T00:00:${String(index).padStart(2, '0')}Z`, g: 'ab'[index % 2], valid_to },
  }));
  await tenon.sendAll('ev', events.slice(0, 6));
  await tenon.serveCut();
  await tenon.sendAll('ev', events.slice(6));
  await tenon.expectNow(
    times.map((k) => ({ k: k?.replace('.999Z', '.999000Z') ?? null, n: 1 })),
    'by_',
  );
  const [a, b] = ['1600-01-01T00:00:00.123457Z', '1600-01-01T00:00:00.123456Z'];
  await tenon.expectAlways([
    { g: 'a', hi: '9999-12-31T23:59:59.999998Z', lo: a, d: 6, n: 6, last: '2026-03-01T00:00:00.123457Z' },
    { g: 'b', hi: '9999-12-31T23:59:59.999999Z', lo: b, d: 5, n: 6, last: '2026-03-01T00:00:00.123456Z' },
  ]);
  await tenon.expectNow(
    times.map((k) => ({ k: k?.replace('.999Z', '.999000Z') ?? null, n: 1 })),
    'by_',
  );
});

test('another dedupe.window of a source in use does not start: the layers would count differently', async () => {
  const source = (window: number) =>
    tenon.source('ev', `partitions: 1\ndedupe: { window: ${window} }\nschema: { type: object }`);
  source(100);
  tenon.twins('SELECT count(*) AS n FROM ev');
  await tenon.start();
  source(1);
  await expect(tenon.restart()).rejects.toMatchObject({
    problems: [{ code: 'source-changed', message: expect.stringContaining('dedupe.window: 100') as string }],
  });
  source(100);
  await tenon.start();
  await tenon.sendAll('ev', [{}]);
  await tenon.expectNow([{ n: 1 }]);
});
