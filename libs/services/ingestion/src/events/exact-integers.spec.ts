import { mayHoldBigIntegers, parseExactly, parseWithTexts, stringifyExactly } from './exact-integers';
import { compileSchema } from './schema-check';

const BIG = [
  '9007199254740993',
  '-9007199254740993',
  '1610521604143693812',
  '18446744073709551615',
  '9'.repeat(40),
];

/** JSON texts without white space, in the form that JSON.stringify gives them. */
const around = (digits: string) => [
  `{"id":${digits}}`,
  `{"a":[1,${digits},{"b":${digits},"c":"${digits}"}],"d":null,"${digits}":true}`,
  `{"a":"say \\"${digits}\\" : ${digits},","b":${digits},"c":"\\\\"}`,
  `[{"x":0.5},{"id":${digits}}]`,
  `{"rounded":100000000000000000000,"a":1e+300,"id":${digits},"b":[1e+21,-1e+21]}`,
];

describe('integers beyond 2^53', () => {
  it.each(BIG)('%s is written as it was read, wherever it stands', (digits) => {
    for (const text of around(digits)) {
      expect(mayHoldBigIntegers(text)).toBe(true);
      const value = parseExactly(text);
      expect(value).toEqual(JSON.parse(text));
      expect(stringifyExactly(value)).toBe(text);
    }
  });

  it('the event within a CloudEvent keeps them too', () => {
    const { data } = parseExactly('{"specversion":"1.0","data":{"id":9007199254740993}}') as {
      data: unknown;
    };
    expect(stringifyExactly(data)).toBe('{"id":9007199254740993}');
  });

  it('of a field that is there twice the last one counts, as for JSON.parse', () => {
    expect(stringifyExactly(parseExactly('{"a":9007199254740993,"a":1}'))).toBe('{"a":1}');
    expect(stringifyExactly(parseExactly('{"a":1,"a":9007199254740993}'))).toBe('{"a":9007199254740993}');
  });

  it.each(['{"a":1234567890.1234567}', '{"a":1.5e300}', '{"a":1000000000000000}', '{"a":"x","b":[]}'])(
    '%s has none',
    (text) => expect(stringifyExactly(parseExactly(text))).toBe(JSON.stringify(JSON.parse(text))),
  );

  it.each([
    '{"a":01610521604143693812}',
    '{"a":1610521604143693812',
    '{a:1610521604143693812}',
    '{"a":+1610521604143693812}',
  ])('%s is no JSON, with or without them', (text) => expect(() => parseExactly(text)).toThrow(SyntaxError));

  it('are texts where people read them', () => {
    expect(parseWithTexts('{"a":[9007199254740993,5],"b":"c"}')).toEqual({
      a: ['9007199254740993', 5],
      b: 'c',
    });
  });
});

describe('a field of type integer', () => {
  const check = compileSchema('s', {
    properties: {
      n: { type: ['integer', 'null'] },
      five: { type: 'integer', multipleOf: 5 },
      x: { type: 'number' },
    },
  });
  const valid = (text: string) => check.valid(parseExactly(text));

  it.each(['9007199254740993', '9223372036854775807', '-9223372036854775808', 'null', '0'])('takes %s', (n) =>
    expect(valid(`{"n":${n}}`)).toBe(true),
  );

  it.each(['9223372036854775808', '-9223372036854775809', '1e17', '9007199254740993.0', '1.5'])(
    'refuses %s',
    (n) => expect(valid(`{"n":${n}}`)).toBe(false),
  );

  it('says what it takes', () =>
    expect(check.faults(parseExactly('{"n":9223372036854775808}'), '')).toEqual([
      { pointer: '/n', code: 'integer', detail: expect.stringContaining('64 bits') },
    ]));

  it('counts in steps to the last digit', () => {
    expect(valid('{"five":9007199254740995}')).toBe(true);
    expect(valid('{"five":9007199254740996}')).toBe(false);
  });

  it('leaves numbers alone', () => expect(valid('{"x":1e300}')).toBe(true));
});
