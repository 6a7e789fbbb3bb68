import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileCatalog } from '@tenon/catalog';
import type { ProductDefinition, SourceDefinition } from '@tenon/domain';
import fc from 'fast-check';
import type { CatalogFile } from './files';
import { productFiles, sourceFile } from './files';

const RUNS = 60;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-files-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What reading the files gives. */
async function read(files: readonly CatalogFile[]) {
  rmSync(directory, { recursive: true });
  for (const folder of ['sources', 'products']) mkdirSync(join(directory, folder), { recursive: true });
  for (const { path, text } of files) writeFileSync(join(directory, path), text);
  return createFileCatalog(directory).load();
}

/** Texts that YAML may take for something else, or fold. */
const TEXTS = [
  ...[
    'yes',
    'no',
    '~',
    'null',
    '0x1f',
    '1e3',
    '.inf',
    '2001-01-01',
    '<<',
    '*a',
    '&a',
    '!!str x',
    '# no',
    'a: b',
    '- a',
  ],
  ...[
    '',
    ' ',
    '\n',
    ' a ',
    'a\n',
    '\ta',
    'a\n\n  b\n',
    '"',
    "'",
    '%TAG',
    '...',
    '---',
    '\u0085',
    '\u2028',
    '\ufeff',
    '@',
    '`',
  ],
  ...[
    'über',
    '日本',
    '🦜',
    'x'.repeat(2000),
    `${'long '.repeat(40)}\nand more`,
    'constructor',
    '\u0007',
    '\\n',
  ],
];
const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary-ascii' }), fc.string());
const name = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,8}$/);
const micros = fc.oneof(
  fc.integer({ min: 1, max: 5_000_000 }),
  fc.integer({ min: 1, max: 4000 }).map((days) => days * 86_400_000_000),
  fc.integer({ min: 1, max: 10 ** 15 }),
);
const field = fc.record(
  {
    type: fc.constantFrom('string', 'integer', 'number', 'boolean'),
    description: text,
    default: fc.jsonValue({ maxDepth: 2 }),
    enum: fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['type'] },
);

const source: fc.Arbitrary<SourceDefinition> = fc
  .record({
    name,
    fields: fc.dictionary(
      text.filter((one) => one !== '' && one !== '__proto__'),
      field,
      { minKeys: 1, maxKeys: 5 },
    ),
    description: fc.option(text, { nil: undefined }),
    latenessMicros: fc.option(micros, { nil: undefined }),
    partitions: fc.integer({ min: 1, max: 1024 }),
    window: fc.integer({ min: 0, max: 10_000_000 }),
    keys: fc.integer({ min: 0, max: 3 }),
    ids: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ name: of, fields, keys, ids, window, description, latenessMicros, partitions }) => {
    const names = Object.keys(fields);
    const id = names.slice(0, ids);
    return {
      ...{ name: of, key: names.slice(0, keys), time: null, partitions, dedupe: { window } },
      ...(id.length > 0 && { id }),
      schema: { type: 'object', properties: fields },
      ...(description !== undefined && { description }),
      ...(latenessMicros !== undefined && { latenessMicros }),
    };
  });

const product: fc.Arbitrary<ProductDefinition> = fc
  .record({
    name,
    version: fc.integer({ min: 1, max: 999_999 }),
    sql: text.map((one) => `SELECT ${one}`),
    topology: fc.constantFrom('lambda' as const, 'kappa' as const, 'lambda-separate' as const),
    retentionMicros: fc.option(micros),
    generations: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
    description: fc.option(text, { nil: undefined }),
  })
  .map(({ generations, description, ...rest }) => ({
    ...rest,
    ...(generations !== undefined && { generations }),
    ...(description !== undefined && { description }),
  }));

const asJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

test('a source is read back as it is, whatever its fields and texts are called', async () => {
  await fc.assert(
    fc.asyncProperty(source, async (definition) => {
      const { sources, problems } = await read([sourceFile(definition)]);
      expect(problems).toEqual([]);
      expect(sources.map(asJson)).toEqual([asJson(definition)]);
    }),
    { numRuns: RUNS },
  );
});

test('a product is read back as it is, its SQL to the last sign', async () => {
  await fc.assert(
    fc.asyncProperty(product, async (definition) => {
      const { products, problems } = await read(productFiles(definition));
      expect(problems.map(({ code }) => code)).toEqual(['catalog-empty']);
      expect(products.map((one) => one.definition)).toEqual([definition]);
    }),
    { numRuns: RUNS },
  );
});

test('settings that say nothing are not written', () => {
  const plain = {
    name: 'n',
    version: 1,
    sql: 'SELECT 1',
    topology: 'lambda',
    retentionMicros: null,
  } as const;
  expect(productFiles(plain).map(({ path }) => path)).toEqual(['products/n.sql']);
  const { text: yaml } = sourceFile({
    ...{ name: 's', key: ['a'], time: null, partitions: 4, dedupe: { window: 100 } },
    schema: { type: 'object', properties: { a: { type: 'string' } } },
  });
  expect(yaml).toBe(
    'key: a\npartitions: 4\ndedupe:\n  window: 100\nschema:\n  type: object\n  properties:\n    a:\n      type: string\n',
  );
});
