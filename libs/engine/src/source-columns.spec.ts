import { columnProblems, columnsOf } from './source-columns';
import { sourceOf } from './testing/records';

const typesOf = (properties: Parameters<typeof sourceOf>[0]) =>
  Object.fromEntries(columnsOf(sourceOf(properties)).map(({ name, type }) => [name, type]));

test('a JSON Schema becomes columns', () => {
  expect(
    typesOf({
      integer: { type: 'integer' },
      nullable: { type: ['integer', 'null'] },
      either: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      double: { type: 'number' },
      money: { type: 'number', multipleOf: 0.01 },
      tiny: { type: 'number', multipleOf: 1e-7 },
      whole: { type: 'number', multipleOf: 1 },
      text: { type: 'string' },
      choice: { enum: ['a', 'b'] },
      moment: { type: 'string', format: 'date-time' },
      day: { type: 'string', format: 'date' },
      flag: { type: 'boolean' },
      nested: {
        type: 'object',
        properties: { at: { type: 'string', format: 'date-time' }, 'we "ird': { type: 'integer' } },
      },
      list: { type: 'array', items: { type: 'object', properties: { x: { type: 'number' } } } },
      free: { type: 'object' },
      mixed: { type: ['string', 'integer'] },
      anything: true,
    }),
  ).toEqual({
    integer: 'BIGINT',
    nullable: 'BIGINT',
    either: 'VARCHAR',
    double: 'DOUBLE',
    money: 'DECIMAL(18,2)',
    tiny: 'DECIMAL(18,7)',
    whole: 'BIGINT',
    text: 'VARCHAR',
    choice: 'VARCHAR',
    moment: 'TIMESTAMP',
    day: 'DATE',
    flag: 'BOOLEAN',
    nested: 'STRUCT("at" TIMESTAMP, "we ""ird" BIGINT)',
    list: 'STRUCT("x" DOUBLE)[]',
    free: 'JSON',
    mixed: 'JSON',
    anything: 'JSON',
    event_id: 'VARCHAR',
    event_time: 'TIMESTAMP',
    correlation_id: 'VARCHAR',
  });
});

test('references within the schema are followed, circles end as JSON', () => {
  const schema = {
    type: 'object',
    properties: {
      price: { $ref: '#/$defs/money' },
      tree: { $ref: '#/$defs/node' },
      loop: { $ref: '#/$defs/loop' },
      gone: { $ref: '#/$defs/none' },
    },
    $defs: {
      money: { type: 'number', multipleOf: 0.01 },
      node: { type: 'object', properties: { child: { $ref: '#/$defs/node' } } },
      loop: { $ref: '#/$defs/loop' },
    },
  };
  const columns = columnsOf(sourceOf({}, { schema }));
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  expect(types.get('price')).toBe('DECIMAL(18,2)');
  expect(types.get('tree')).toMatch(/^STRUCT\("child" STRUCT\(.*JSON\)+$/);
  expect([types.get('loop'), types.get('gone')]).toEqual(['JSON', 'JSON']);
});

test('fields that cannot be columns are named', () => {
  const source = sourceOf(
    { Total: {}, total: {}, __offset: {}, event_id: {}, event_time: {} },
    { time: 'event_time' },
  );
  expect(columnsOf(source).map(({ name }) => name)).toEqual([
    'Total',
    'event_id',
    'event_time',
    'correlation_id',
  ]);
  expect(columnProblems(source).map(({ code, message }) => `${code} ${message}`)).toEqual([
    'field-twice The field total has no column: Total has its name (SQL does not tell case apart).',
    "field-name The field __offset has no column: names with two underscores are Tenon's.",
    'field-twice The field event_id has no column: event_id has its name (SQL does not tell case apart).',
  ]);
});
