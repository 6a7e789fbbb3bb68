import type { JsonSchema } from '@tenon/domain';
import { narrowings } from './narrowing';

const object = (properties: Record<string, JsonSchema>, more: object = {}): JsonSchema => ({
  ...{ type: 'object', properties },
  ...more,
});

/** Warnings as `code message`, of a source called s. */
const warned = (before: JsonSchema, after: JsonSchema) =>
  narrowings([{ name: 's', schema: before }], [{ name: 's', schema: after }]).map(
    ({ code, message }) => `${code} ${message}`,
  );
const ofField = (before: JsonSchema, after: JsonSchema) =>
  warned(object({ x: before }), object({ x: after })).map((one) => one.replace(/^schema-narrowed s\.x /, ''));

const TEXT = { type: 'string' };

describe('says nothing where all that was taken still is', () => {
  it.each<[string, JsonSchema, JsonSchema]>([
    ['a new optional field', object({}), object({ x: { type: 'integer' } })],
    ['a field that is gone', object({ x: TEXT }), object({})],
    ['a field that is optional now', object({ x: TEXT }, { required: ['x'] }), object({ x: TEXT })],
    ['fields in another order', object({ x: TEXT, y: TEXT }), object({ y: TEXT, x: TEXT })],
    ['a description', object({ x: TEXT }), object({ x: { ...TEXT, description: 'd' } })],
    ['any field again', object({}, { additionalProperties: false }), object({ x: TEXT })],
    ['no schema any more', object({ x: TEXT }, { required: ['x'] }), true],
  ])('%s', (_what, before, after) => expect(warned(before, after)).toEqual([]));

  it.each<[string, JsonSchema, JsonSchema]>([
    ['integers, and all numbers', { type: 'integer' }, { type: 'number' }],
    ['text, and null', TEXT, { type: ['string', 'null'] }],
    ['text, and null as a choice', TEXT, { anyOf: [TEXT, { type: 'null' }] }],
    ['cents, and a tenth of them', { multipleOf: 0.01 }, { multipleOf: 0.001 }],
    ['integers, in steps of one', { type: 'integer' }, { type: 'integer', multipleOf: 1 }],
    ['an enum with one more', { enum: ['a'] }, { enum: ['b', 'a'] }],
    ['wider bounds', { minimum: 1, maxLength: 5 }, { minimum: 0, maxLength: 6 }],
    ['bounds that say nothing', {}, { minLength: 0, minItems: 0 }],
    ['a reference to the same', TEXT, { $ref: '#/$defs/t' }],
  ])('%s', (_what, before, after) => {
    const defs = { $defs: { t: TEXT } };
    expect(warned(object({ x: before }, defs), object({ x: after }, defs))).toEqual([]);
  });
});

it.each<[JsonSchema, JsonSchema, string]>([
  [TEXT, { type: 'integer' }, 'does not take string any more, only integer.'],
  [{ type: ['string', 'null'] }, TEXT, 'does not take null any more, only string.'],
  [{ anyOf: [TEXT, { type: 'null' }] }, TEXT, 'does not take null any more, only string.'],
  [{ type: 'number' }, { type: 'integer' }, 'does not take number any more, only integer.'],
  [{}, TEXT, 'takes string only; it took anything.'],
  [TEXT, { type: 'string', format: 'date-time' }, 'has a format now.'],
  [{ pattern: '^a' }, { pattern: '^b' }, 'has another pattern.'],
  [{ enum: ['a', 'b'] }, { enum: ['a'] }, 'does not take "b" any more.'],
  [TEXT, { const: 'a', type: 'string' }, 'takes certain values only.'],
  [{ minimum: 0 }, { minimum: 1 }, 'has minimum 1 now.'],
  [{}, { maxLength: 3 }, 'has maxLength 3 now.'],
  [{ type: 'number' }, { type: 'number', multipleOf: 0.01 }, 'takes multiples of 0.01 only.'],
  [{ multipleOf: 0.001 }, { multipleOf: 0.01 }, 'takes multiples of 0.01 only.'],
  [{ anyOf: [{ minimum: 1 }, TEXT] }, { anyOf: [{ minimum: 2 }, TEXT] }, 'has another anyOf.'],
  [TEXT, false, 'is not taken any more.'],
])('a field %j that becomes %j %s', (before, after, what) => expect(ofField(before, after)).toEqual([what]));

it('names fields within fields and lists, and those that are required or unknown now', () => {
  const before = object({ a: object({ b: TEXT }), l: { type: 'array', items: TEXT }, x: TEXT });
  const after = object(
    {
      a: object({ b: { type: 'integer' } }, { required: ['b', 'c'] }),
      l: { type: 'array', items: {}, minItems: 1 },
    },
    { required: ['a'], additionalProperties: false },
  );
  expect(warned(before, after)).toEqual([
    'field-required s.a is required now.',
    'schema-narrowed s takes the fields only that are declared.',
    'schema-narrowed s.x is not taken any more.',
    'field-required s.a.b is required now.',
    'field-required s.a.c is required now.',
    'schema-narrowed s.a.b does not take string any more, only integer.',
    'schema-narrowed s.l has minItems 1 now.',
  ]);
});

it('follows references, also in circles', () => {
  const of = (type: string) =>
    object(
      { tree: { $ref: '#/$defs/node' } },
      {
        $defs: {
          node: object({ value: { type }, left: { $ref: '#/$defs/node' }, right: { $ref: '#/$defs/node' } }),
        },
      },
    );
  expect(warned(of('string'), of('integer'))).toEqual([
    'schema-narrowed s.tree.value does not take string any more, only integer.',
  ]);
});

it('tells what to do, and where; of sources that both have', () => {
  const [warning] = narrowings(
    [{ name: 's', schema: object({}) }],
    [
      { name: 't', schema: false },
      { name: 's', schema: object({}, { required: ['x'] }) },
    ],
  );
  expect(warning).toEqual({
    code: 'field-required',
    message: 's.x is required now.',
    hint: expect.stringContaining('422') as string,
    place: { file: 'sources/s.yaml' },
  });
});
