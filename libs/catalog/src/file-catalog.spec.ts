import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFileCatalog } from './file-catalog';

const SCHEMA = `
  type: object
  properties:
    at: { type: string, format: date-time }
    shop: { type: string }
    lines: { type: array }
    amount: { type: number }
`;
const ORDERS = `key: shop\ntime: at\nschema:${SCHEMA}`;
const SQL = 'SELECT shop, count(*) AS n FROM orders GROUP BY shop\n';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-catalog-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Loads a catalog of these files; problems as `file:line:column code message | hint`. */
async function load(files: Record<string, string | Uint8Array>) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const { sources, products, problems } = await createFileCatalog(root).load();
  const shown = problems.map(({ place, code, message, hint }) => {
    const at = [place?.file.slice(root.length + 1), place?.line, place?.column].filter(
      (part) => part !== undefined,
    );
    return `${at.join(':')} ${code} ${message} | ${hint ?? ''}`.replaceAll(`${root}/`, '');
  });
  return { sources, products, problems: shown };
}

/** Loads a catalog whose only source is `orders` with this YAML. */
const loadSource = (yaml: string) => load({ 'sources/orders.yaml': yaml });

describe('a catalog directory that is right', () => {
  it('gives the sources with their defaults', async () => {
    const { sources, problems } = await loadSource(ORDERS);
    expect(problems).toEqual([]);
    expect(sources).toEqual([
      expect.objectContaining({
        name: 'orders',
        key: ['shop'],
        time: 'at',
        partitions: 4,
        dedupe: { window: 100_000 },
      }),
    ]);
  });

  it('takes the stream that events come from', async () => {
    const { sources } = await loadSource(`from:\n  kafka: { topic: shop.orders }\nschema:${SCHEMA}`);
    expect(sources[0]?.from).toEqual({ kind: 'kafka', stream: 'shop.orders', format: 'json' });
  });

  it('takes a topic whose values a schema registry explains', async () => {
    const from = 'kafka: { topic: t, encoding: registry, format: debezium }';
    const { sources } = await loadSource(`from: { ${from} }\nschema:${SCHEMA}`);
    const kafka = { kind: 'kafka', stream: 't', format: 'debezium', encoding: 'registry' };
    expect(sources[0]?.from).toEqual(kafka);
  });

  it.each([
    ['{ stream: ORDERS }', { stream: 'ORDERS' }],
    ['{ stream: ORDERS, subject: orders.*.eu }', { stream: 'ORDERS', subject: 'orders.*.eu' }],
    [
      '{ subject: orders.>, format: debezium }',
      { stream: 'orders.>', subject: 'orders.>', format: 'debezium' },
    ],
  ])('takes the JetStream stream %s that events come from', async (nats, from) => {
    const { sources } = await loadSource(`from: { nats: ${nats} }\nschema:${SCHEMA}`);
    expect(sources[0]?.from).toEqual({ kind: 'nats', format: 'json', ...from });
  });

  it('takes a list of key fields, partitions, a dedupe window and a description', async () => {
    const { sources } = await loadSource(
      `key: [shop, amount]\npartitions: 2\ndedupe: { window: 7 }\ndescription: d\nschema:${SCHEMA}`,
    );
    expect(sources[0]).toMatchObject({
      key: ['shop', 'amount'],
      time: null,
      partitions: 2,
      dedupe: { window: 7 },
      description: 'd',
    });
  });

  it.each([
    ['5 minutes', 300e6],
    ['PT1H', 3600e6],
    ['0 s', undefined],
  ])('takes events that are late by %s', async (lateness, micros) => {
    const { sources } = await loadSource(`lateness: ${lateness}\nschema:${SCHEMA}`);
    expect(sources[0]?.latenessMicros).toBe(micros);
  });

  it.each([
    ['orders.schema.json', '{\n\t"type": "object",\n\t"properties": { "shop": { "type": "string" } }\n}'],
    ['orders.schema.yaml', 'type: object\nproperties: { shop: { type: string } }'],
    ['schemas/orders.yaml', 'type: object\nproperties: { shop: { type: string } }'],
  ])('reads a schema from the file %s beside the source', async (name, schema) => {
    const { sources, problems } = await load({
      'sources/orders.yaml': `key: shop\nschema: ${name}`,
      [`sources/${name}`]: schema,
    });
    expect(problems).toEqual([]);
    expect(sources).toHaveLength(1);
    expect(sources[0]!.schema).toEqual({ type: 'object', properties: { shop: { type: 'string' } } });
  });

  it('gives products with their settings, and without', async () => {
    const { products, problems } = await load({
      'sources/orders.yaml': ORDERS,
      'products/a.sql': SQL,
      'products/a.yaml': 'version: 3\ntopology: kappa\nretention: 90 days\ndescription: all of it',
      'products/b.sql': SQL,
    });
    expect(problems).toEqual([]);
    expect(products.map((product) => product.definition)).toEqual([
      {
        name: 'a',
        sql: SQL,
        version: 3,
        topology: 'kappa',
        retentionMicros: 90 * 86_400e6,
        description: 'all of it',
      },
      { name: 'b', sql: SQL, version: 1, topology: 'lambda', retentionMicros: null },
    ]);
    expect(products[1]!.place).toEqual({ file: join(root, 'products/b.sql'), line: 1, column: 1 });
  });

  it('passes over hidden files, notes and byte order marks', async () => {
    const { sources, products, problems } = await load({
      'README.md': 'notes',
      'sources/.orders.yaml.swp': '\0',
      'sources/orders.yaml': `\uFEFF${ORDERS}`,
      'products/a.sql': `\uFEFF${SQL}`,
      'products/notes.txt': '',
    });
    expect(problems).toEqual([]);
    expect(sources).toHaveLength(1);
    expect(products[0]!.definition.sql).toBe(SQL);
  });
});

it('what could not be used is named, so that the rest is not blamed for it', async () => {
  await load({
    'sources/orders.yaml': 'schema: 1',
    'sources/shops.yaml': 'key: [',
    'products/a.sql': SQL,
    'products/b.sql': SQL,
    'products/b.yaml': 'version: none',
    'products/c.sql': '',
  });
  const { unsound, products } = await createFileCatalog(root).load();
  expect(unsound?.sources).toEqual(['shops', 'orders']);
  expect(unsound?.products.map((product) => product.definition.name)).toEqual(['b']);
  expect(products.map((product) => product.definition.name)).toEqual(['a']);
});

it('follows links, as mounted configuration has them', async () => {
  const real = await load({ 'real/sources/orders.yaml': ORDERS, 'real/products/a.sql': SQL });
  expect(real.sources).toEqual([]);
  symlinkSync(join(root, 'real/sources'), join(root, 'sources'));
  symlinkSync(join(root, 'real/products'), join(root, 'products'));
  const { sources, products, problems } = await load({});
  expect([sources.length, products.length, problems]).toEqual([1, 1, []]);
});

describe('a catalog directory with mistakes', () => {
  it('says every one at once, in reading order', async () => {
    const { sources, products, problems } = await load({
      'sources/orders.yaml': `keys: shop\ntime: att\npartitions: 0\nschema:${SCHEMA}`,
      'products/a.sql': SQL,
      'products/a.yaml': 'topologie: kappa\nversion: zwei',
      'products/b.yaml': 'version: 1',
    });
    expect(problems).toEqual([
      'products/a.yaml:1:1 key-unknown Unknown key topologie. | Did you mean topology?',
      'products/a.yaml:2:10 value-invalid version must be a whole number from 1 to 999999, not "zwei". | ',
      'products/b.yaml:1:1 product-without-sql The product b has no SQL. | Write products/b.sql, or remove products/b.yaml.',
      'sources/orders.yaml:1:1 key-unknown Unknown key keys. | Did you mean key?',
      'sources/orders.yaml:2:7 field-unknown The time field att is not a property of the schema. | Did you mean at?',
      'sources/orders.yaml:3:13 value-invalid partitions must be a whole number from 1 to 1024, not 0. | ',
    ]);
    expect([sources, products]).toEqual([[], []]);
  });

  it.each<[string, string, RegExp]>([
    ['a syntax error', 'key: [shop', /^sources\/orders\.yaml:1:\d+ yaml-syntax /],
    ['a key given twice', `${ORDERS}\nkey: at`, /yaml-syntax .*unique/],
    ['a list instead of a mapping', '- key', /:1:1 yaml-shape /],
    ['no schema', 'key: shop', /:1:1 schema-missing /],
    ['a schema that is a number', 'schema: 7', /:1:9 schema-invalid A schema must be a mapping/],
    [
      'an unknown type',
      'schema:\n  properties:\n    shop: { type: strnig }',
      /:3:19 schema-invalid schema\.properties\.shop\.type is no type: "strnig"\. \| Did you mean string\?/,
    ],
    [
      'a misspelt keyword',
      'schema:\n  type: object\n  propertis: {}',
      /:3:3 schema-invalid .*Did you mean properties\?|:3:14 schema-invalid/,
    ],
    [
      'a misspelt format',
      'schema: { properties: { at: { type: string, format: datetime } } }',
      /schema-invalid .*no format: "datetime".*date-time/,
    ],
    [
      'a pattern that is none',
      "schema: { properties: { at: { pattern: '[' } } }",
      /:1:40 schema-invalid schema\.properties\.at\.pattern is no regular expression/,
    ],
    [
      'a reference into nowhere',
      "schema: { properties: { at: { $ref: '#/$defs/x' } } }",
      /schema-invalid .*can't resolve reference.*\$defs/,
    ],
    [
      'another dialect',
      'schema: { $schema: "http://json-schema.org/draft-07/schema#" }',
      /:1:20 schema-invalid .*2020-12/,
    ],
    [
      'a schema of something else',
      'schema: { type: array }',
      /schema-invalid The schema must describe an object/,
    ],
    [
      'a key field that is not in the schema',
      `key: shops\nschema:${SCHEMA}`,
      /:1:6 field-unknown .*Did you mean shop\?/,
    ],
    ['the same key field twice', `key: [shop, shop]\nschema:${SCHEMA}`, /:1:6 value-invalid key must be/],
    [
      'one of several key fields unknown',
      `key: [shop, nope]\nschema:${SCHEMA}`,
      /:1:13 field-unknown .*Known fields: at, shop, lines, amount\./,
    ],
    ['a key field that is a list', `key: lines\nschema:${SCHEMA}`, /:1:6 field-type /],
    ['a path into nothing', `key: shop.id\nschema:${SCHEMA}`, /:1:6 field-unknown /],
    [
      'a path to an object',
      'key: a.b\nschema: { properties: { a: { properties: { b: { type: object } } } } }',
      /:1:6 field-type .*a\.b is of type object/,
    ],
    ['a time field that is a list', `time: lines\nschema:${SCHEMA}`, /:1:7 field-type /],
    [
      'a window that is no number',
      `dedupe: { window: many }\nschema:${SCHEMA}`,
      /:1:19 value-invalid dedupe\.window must be/,
    ],
    ['a lateness that is none', `lateness: 5\nschema:${SCHEMA}`, /:1:11 value-invalid .*5 minutes/],
    ['a stream of nobody', `from: kafka\nschema:${SCHEMA}`, /:1:7 value-invalid from must be a mapping/],
    [
      'a stream of no kind',
      `from: {}\nschema:${SCHEMA}`,
      /:1:7 value-invalid from must be .*\| Write `from: \{ kafka/,
    ],
    [
      'a stream with its brokers',
      `from: { kafka: { topic: t, brokers: h } }\nschema:${SCHEMA}`,
      /:1:28 key-unknown Unknown key from\.kafka\.brokers\. \| .*TENON_SOURCE_KAFKA_BROKERS/,
    ],
    [
      'a stream without a topic',
      `from: { kafka: {} }\nschema:${SCHEMA}`,
      /:1:16 value-invalid from\.kafka\.topic/,
    ],
    [
      'a stream that is its own',
      `from: { kafka: { topic: tenon.events.x } }\nschema:${SCHEMA}`,
      /:1:25 value-invalid from\.kafka\.topic must be the name of a topic that others write/,
    ],
    [
      'a stream of no format',
      `from: { kafka: { topic: t, format: xml } }\nschema:${SCHEMA}`,
      /:1:36 value-invalid from\.kafka\.format must be one of json, debezium/,
    ],
    [
      'streams of two kinds',
      `from: { kafka: { topic: t }, nats: { stream: S } }\nschema:${SCHEMA}`,
      /value-invalid from must be one of kafka, nats and files/,
    ],
    [
      'files of an object store',
      `from: { files: { folder: 's3://bucket/in' } }\nschema:${SCHEMA}`,
      /value-invalid from\.files\.folder must be a folder of the file system.*synchronise/,
    ],
    [
      'files that settle at no time',
      `from: { files: { folder: in, settle: soon } }\nschema:${SCHEMA}`,
      /value-invalid from\.files\.settle must be a duration/,
    ],
    [
      'a stream of NATS that is none',
      `from: { nats: { stream: a.b } }\nschema:${SCHEMA}`,
      /value-invalid from\.nats\.stream must be the name of a stream/,
    ],
    [
      'a subject that is none',
      `from: { nats: { subject: a..b } }\nschema:${SCHEMA}`,
      /value-invalid from\.nats\.subject must be a subject/,
    ],
    [
      'a stream of NATS with a topic',
      `from: { nats: { stream: S, topic: t } }\nschema:${SCHEMA}`,
      /key-unknown Unknown key from\.nats\.topic\. \| In NATS/,
    ],
    [
      'a stream and a short window',
      `from: { kafka: { topic: t } }\ndedupe: { window: 5 }\nschema:${SCHEMA}`,
      /:2:19 value-invalid dedupe\.window must be a whole number from 10000/,
    ],
    ['a dotted key', `dedupe.window: 5\nschema:${SCHEMA}`, /:1:1 key-unknown .*dedupe: \{ window/],
    ['a name', `name: x\nschema:${SCHEMA}`, /:1:1 key-unknown .*The file's name/],
    ['a description that is none', `description: 5\nschema:${SCHEMA}`, /:1:14 value-invalid .*quotes/],
    [
      'a schema file that is not there',
      'schema: nope.json',
      /sources\/orders\.yaml:1:9 schema-missing .*nope\.json/,
    ],
    ['a schema file outside the catalog', 'schema: ../../etc/passwd', /:1:9 schema-missing .*outside/],
  ])('a source with %s', async (_what, yaml, problem) => {
    const { sources, problems } = await loadSource(yaml);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(sources).toEqual([]);
  });

  it('a schema file with a mistake is blamed in that file', async () => {
    const { problems } = await load({
      'sources/orders.yaml': 'schema: orders.json',
      'sources/orders.json': '{\n  "type": "object",\n  "properties": { "a": { "minimum": "x" } }\n}',
    });
    expect(problems).toEqual([
      'sources/orders.json:3:37 schema-invalid schema.properties.a.minimum must be number. | ',
    ]);
  });

  it.each<[string, string, RegExp]>([
    [
      'an unknown topology',
      'topology: lamda',
      /:1:11 value-invalid topology must be one of .*\| Did you mean lambda\?/,
    ],
    ['a version in quotes', "version: '1'", /:1:10 value-invalid/],
    ['a version of 0', 'version: 0', /:1:10 value-invalid/],
    ['a retention without unit', 'retention: 90', /:1:12 value-invalid .*90 days/],
    ['a retention that is none', 'retention: soon', /:1:12 value-invalid retention must be a duration/],
    ['its source', 'source: orders', /:1:1 key-unknown .*FROM/],
  ])('a product with %s', async (_what, yaml, problem) => {
    const { products, problems } = await load({
      'sources/orders.yaml': ORDERS,
      'products/a.sql': SQL,
      'products/a.yaml': yaml,
    });
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(products).toEqual([]);
  });

  it.each<[string, Record<string, string | Uint8Array>, RegExp[]]>([
    [
      'a .yml beside a .yaml',
      { 'sources/orders.yml': ORDERS },
      [/sources\/orders\.yml:1:1 name-duplicate .*sources\/orders\.yaml/],
    ],
    [
      'names that differ in case only',
      { 'sources/Orders.yaml': ORDERS, 'products/A.sql': SQL, 'products/a.sql': SQL },
      [/products\/a\.sql:1:1 name-duplicate/, /sources\/orders\.yaml:1:1 name-duplicate/],
    ],
    [
      'two settings of one product',
      { 'products/a.sql': SQL, 'products/a.yaml': 'version: 1', 'products/a.yml': 'version: 2' },
      [/products\/a\.yml:1:1 name-duplicate/],
    ],
    [
      'names that are none',
      { 'sources/my orders.yaml': ORDERS, 'products/1st.sql': SQL },
      [
        /products\/1st\.sql:1:1 name-invalid .*e\.g\. to st/,
        /sources\/my orders\.yaml:1:1 name-invalid .*e\.g\. to my_orders/,
      ],
    ],
    [
      'empty files',
      { 'sources/b.yaml': ' \n', 'products/a.sql': '', 'products/b.sql': '-- later\n/* much */' },
      [
        /products\/a\.sql:1:1 file-empty/,
        /products\/b\.sql:1:1 file-empty .*comments/,
        /sources\/b\.yaml:1:1 file-empty/,
      ],
    ],
    [
      'a file that is not UTF-8',
      { 'products/a.sql': Buffer.from([0x53, 0x0a, 0xe9, 0x0a]) },
      [/products\/a\.sql:2:1 file-encoding/],
    ],
    [
      'SQL where none is read',
      { 'a.sql': SQL, 'sources/b.sql': SQL, 'products/more/c.sql': SQL },
      [/^a\.sql file-misplaced/, /^products\/more\/c\.sql file-misplaced/, /^sources\/b\.sql file-misplaced/],
    ],
    [
      'a folder of another name',
      { 'product/a.sql': SQL },
      [/^product file-misplaced .*Rename it to products/],
    ],
  ])('%s', async (_what, files, expected) => {
    const { problems } = await load({ 'sources/orders.yaml': ORDERS, ...files });
    expect(problems).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  it('a directory that is not there, and one without sources', async () => {
    const missing = await createFileCatalog(join(root, 'nope')).load();
    expect(missing.problems).toEqual([
      expect.objectContaining({ code: 'catalog-missing', hint: expect.stringContaining('--catalog') }),
    ]);
    const { problems } = await load({ 'products/a.sql': SQL });
    expect(problems).toEqual([expect.stringMatching(/catalog-empty .*sources\/<name>\.yaml/)]);
  });
});

it('the example catalog of the project has no problem', async () => {
  const { sources, products, problems } = await createFileCatalog(join(__dirname, '../../../catalog')).load();
  expect(problems).toEqual([]);
  expect(sources.map((source) => source.name)).toEqual(['flights']);
  expect(products.map((product) => product.definition.name)).toEqual([
    'airport_hours',
    'delay_quantiles',
    'routes',
  ]);
});

describe('what is no definition', () => {
  it('reads no link that leads out of the catalog, and shows nothing of what is there', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'tenon-outside-'));
    writeFileSync(join(outside, 'secret'), 'password: hunter2\n');
    mkdirSync(join(root, 'sources'), { recursive: true });
    symlinkSync(join(outside, 'secret'), join(root, 'sources/orders.yaml'));
    const { problems } = await load({});
    rmSync(outside, { recursive: true });
    expect(problems.join('\n')).toContain('file-unreadable');
    expect(problems.join('\n')).toContain('leads out of the catalog');
    expect(problems.join('\n')).not.toMatch(/password|hunter/);
  });

  it.each([
    [
      'a bomb of aliases',
      `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]!}`).join(', ')}]`).join('\n')}\n`,
    ],
    ['an alias in a circle', 'a: &a [*a]\n'],
  ])('refuses %s', async (_, yaml) => {
    const { problems } = await loadSource(yaml);
    expect(problems.join('\n')).toContain('yaml-syntax');
  });
});
