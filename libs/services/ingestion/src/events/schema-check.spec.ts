import { start } from '../testing/ingestion-fixture';
import { compileSchema, withWholeIntegers } from './schema-check';

describe('schemas', () => {
  it('hold integers to what BIGINT holds, wherever they are, and leave data alone', () => {
    const schema = {
      type: 'object',
      properties: { type: { type: ['integer', 'null'], maximum: 5 }, b: { $ref: '#/$defs/n' } },
      $defs: { n: { anyOf: [{ type: 'integer' }, { type: 'number' }] } },
      default: { type: 'integer' },
    };
    expect(withWholeIntegers(schema)).toEqual({
      ...schema,
      properties: {
        type: { type: ['integer', 'null'], maximum: 5, tenonInteger: true },
        b: { $ref: '#/$defs/n' },
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
