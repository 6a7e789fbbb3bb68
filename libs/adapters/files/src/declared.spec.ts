import { declaredFields, jsonOfNull, jsonOfText, toRfc3339 } from './declared';

const declared = declaredFields(
  new Map<string, unknown>(
    Object.entries({
      text: { type: 'string' },
      at: { type: 'string', format: 'date-time' },
      day: { type: 'string', format: 'date' },
      count: { type: 'integer' },
      price: { type: ['number', 'null'] },
      flag: { type: 'boolean' },
      tags: { type: 'array' },
      any: {},
      code: { enum: ['1', '2'] },
      maybe: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      zip: { type: 'string' },
    }),
  ),
)!;

it.each([
  ['text', '007', '"007"'],
  ['text', 'true', '"true"'],
  ['text', '2001-01-01 00:00', '"2001-01-01 00:00"'],
  ['at', '2001-01-01 00:01', '"2001-01-01T00:01:00Z"'],
  ['at', 'yesterday', '"yesterday"'],
  ['day', '2001-01-01', '"2001-01-01"'],
  ['count', ' 42 ', '42'],
  ['count', '042', '"042"'],
  ['count', '12345678901234567890', '12345678901234567890'],
  ['price', '12.50', '12.50'],
  ['price', '1,5', '"1,5"'],
  ['flag', 'TRUE', 'true'],
  ['flag', 'f', 'false'],
  ['flag', '1', '"1"'],
  ['tags', '["a", 1]', '["a", 1]'],
  ['tags', '[a]', '"[a]"'],
  ['any', '5', '5'],
  ['any', 'x', '"x"'],
  ['code', '1', '"1"'],
  ['maybe', '1', '"1"'],
  ['zip', '0815', '"0815"'],
  ['zip', '815', '"815"'],
])('%s: %j becomes %s', (name, text, json) => expect(jsonOfText(text, declared.get(name))).toBe(json));

it('an empty field is null where the schema allows it, and left out elsewhere', () => {
  expect(jsonOfNull(declared.get('price'))).toBe('null');
  expect(jsonOfNull(declared.get('text'))).toBeNull();
  expect(jsonOfNull(undefined)).toBeNull();
});

it('without a schema texts are guessed at', () => {
  expect(
    ['1', '1.50', '007', 'true', 't', '2001-01-01 00:00:00', 'x'].map((text) => jsonOfText(text, undefined)),
  ).toEqual([...['1', '1.50', '"007"', 'true', '"t"', '"2001-01-01T00:00:00Z"', '"x"']]);
});

it.each([
  ['2001-01-01 00:01:02.345678', '2001-01-01T00:01:02.345678Z'],
  ['2001-01-01T00:01:02+0530', '2001-01-01T00:01:02+05:30'],
  ['2001-01-01 00:01:02 UTC', '2001-01-01T00:01:02Z'],
  ['2001-01-01', '2001-01-01'],
  ['01.02.2001 10:00', '01.02.2001 10:00'],
])('%s is %s', (text, time) => expect(toRfc3339(text)).toBe(time));
