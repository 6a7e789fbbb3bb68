import type { JsonSchema } from '@tenon/domain';
import { start } from '../testing/ingestion-fixture';
import { compileSchema, withOwnKeywords } from './schema-check';

describe('schemas', () => {
  it('hold integers to what BIGINT holds, wherever they are, and leave data alone', () => {
    const schema = {
      type: 'object',
      properties: { type: { type: ['integer', 'null'], maximum: 5 }, b: { $ref: '#/$defs/n' } },
      $defs: { n: { anyOf: [{ type: 'integer' }, { type: 'number' }] } },
      default: { type: 'integer' },
    };
    expect(withOwnKeywords(schema)).toEqual({
      ...schema,
      properties: {
        type: { type: ['integer', 'null'], maximum: 5, tenonInteger: true },
        b: { $ref: '#/$defs/n', tenonStep: true },
      },
      $defs: { n: { anyOf: [{ type: 'integer', tenonInteger: true }, { type: 'number' }] } },
    });
  });

  it('name no more faults than anyone reads', () => {
    const properties = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, {}]));
    const check = compileSchema('s', { type: 'object', properties, required: Object.keys(properties) });
    expect(check.valid({})).toBe(false);
    const faults = check.faults({}, '');
    expect(faults).toHaveLength(21);
    expect(faults[20]).toMatchObject({ code: 'more', detail: '… and 30 more' });
  });

  it('say what would be right', () => {
    const check = compileSchema('s', {
      properties: { a: { enum: ['x', 'y'] }, b: { const: 1 }, c: { multipleOf: 0.5 } },
    });
    expect(check.faults({ a: 'z', b: 2, c: 0.3 }, '/data')).toEqual([
      { pointer: '/data/a', code: 'enum', detail: 'must be one of ["x","y"]' },
      { pointer: '/data/b', code: 'const', detail: 'must be 1' },
      { pointer: '/data/c', code: 'multipleOf', detail: 'must be a multiple of 0.5, of at most 15 digits' },
    ]);
  });

  it.each(['valueOf', 'toString', 'hasOwnProperty'])('ask for the event’s own %s only', (name) => {
    const optional = compileSchema('s', { properties: { [name]: { type: 'string' } } });
    expect([optional.valid({}), optional.valid({ [name]: 'x' }), optional.valid({ [name]: 1 })]).toEqual([
      ...[true, true, false],
    ]);
    const required = compileSchema('s', { properties: { o: { required: [name] } } });
    expect([required.valid({ o: {} }), required.valid({ o: { [name]: 1 } })]).toEqual([false, true]);
    expect(required.faults({ o: {} }, '')).toMatchObject([{ pointer: `/o/${name}`, code: 'required' }]);
  });

  // Each of these takes minutes or years with ajv's own patterns, comparisons and reports.
  describe('hold nobody up:', () => {
    const refused = (schema: JsonSchema, data: unknown) => {
      const check = compileSchema('s', schema);
      return check.valid(data) ? [] : check.faults(data, '');
    };

    it('a pattern that backtracks', () => {
      const text = `${'a'.repeat(100_000)}!`;
      const pattern = '^([a-zA-Z0-9]+\\s?)+$';
      expect(refused({ properties: { a: { pattern } } }, { a: text })).toMatchObject([{ code: 'pattern' }]);
      expect(
        refused(
          { patternProperties: { [pattern]: false }, properties: { 'x-': {} } },
          { [text]: 1, 'x-': 1 },
        ),
      ).toEqual([]);
    });

    it('items that must differ', () => {
      const schema = { properties: { a: { uniqueItems: true } } };
      const items = Array.from({ length: 100_000 }, (_, n) => ({ n, of: [n] }));
      expect(refused(schema, { a: items })).toEqual([]);
      expect(refused(schema, { a: [...items, { of: [7], n: 7 }] })).toEqual([
        { pointer: '/a', code: 'uniqueItems', detail: 'must not have two equal items' },
      ]);
    });

    it('a schema that asks for itself twice at each level', () => {
      const $ref = '#/$defs/tree';
      const level = (required: string) => ({ properties: { next: { $ref } }, required: [required] });
      const schema = { $ref, $defs: { tree: { anyOf: [level('a'), level('b'), { maxProperties: 0 }] } } };
      const nested = Array.from({ length: 31 }).reduce<object>((next) => ({ next }), { next: 1 });
      expect(refused(schema, nested)).toMatchObject([{ code: 'steps' }]);
      expect(refused(schema, { a: 1, next: { b: 1, next: {} } })).toEqual([]);
    });

    it('an event of which everything is wrong', () => {
      const items = Array.from({ length: 200_000 }, () => 1);
      const schema = {
        properties: { a: { items: { $ref: '#/$defs/text' } } },
        $defs: { text: { type: 'string' } },
      };
      expect(refused(schema, { a: items })).toMatchObject([{ pointer: '/a/0', code: 'type' }]);
      const texts = Array.from({ length: 200_000 }, () => 'x');
      expect(refused(schema, { a: texts })).toEqual([]);
    });
  });

  it.each([
    [[1, 2], true],
    [[1, 1.0], false],
    [[0, -0], false],
    [['1', 1, true, null, 'true', 'null'], true],
    [
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
      false,
    ],
    [[[1, 2], [2, 1], [[1, 2]], '[1,2]'], true],
    [[{}, [], '', null], true],
  ])('ask whether items differ as JSON Schema does: %j', (items, unique) => {
    expect(compileSchema('s', { uniqueItems: true }).valid(items)).toBe(unique);
    expect(compileSchema('s', { uniqueItems: false }).valid(items)).toBe(true);
  });

  it('ignore a format that they do not know', () => {
    expect(compileSchema('s', { properties: { a: { format: 'airport' } } }).valid({ a: 'ATL' })).toBe(true);
  });
});

it('refuses a schema that is none when it starts', async () => {
  const schema = { type: 'nothing' };
  await expect(start({ source: { schema } })).rejects.toMatchObject({
    code: 'invalid-schema',
  });
});
