import { RegExpParser } from '@eslint-community/regexpp';
import * as fc from 'fast-check';
import { RE2JS } from 're2js';
import { fullFormats } from 'ajv-formats/dist/formats';
import { cappedFormats } from './formats';
import { UnsupportedPattern, linearPattern } from './linear-pattern';
import { re2Text } from './re2-text';

const byRe2 = (source: string) =>
  RE2JS.compile(re2Text(new RegExpParser().parsePattern(source, 0, source.length, { unicode: true }), false));

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    '.',
    '\\d',
    '\\D',
    '\\s',
    '\\S',
    '\\w',
    '[ab]',
    '[^a]',
    '[^\\s]',
    '[\\S\\n]',
    '\\b',
    '\\B',
    '^',
    '$',
  ],
  ...[
    '[]',
    '[^]',
    '\\u00e9',
    '\\u{1F600}',
    '\\ud83d\\ude00',
    '\\p{Lu}',
    '\\P{L}',
    '[^\\p{Script=Greek}]',
    '\\p{Alphabetic}',
  ],
  ...['\\n', '\\x41', '\\/', '[\\]\\-]', '\\cJ', '\\0', '\\.'],
);
const quantified = fc
  .tuple(atom, fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{1,3}', '{2,}', '*?', '+?'))
  .map(([one, times]) => (/^(\^|\$|\\[bB])$/.test(one) ? one : one + times));
const patterns = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    quantified,
    fc
      .tuple(tie('pattern'), fc.constantFrom('', '?', '*', '+', '{0,2}'))
      .map(([inner, times]) => `(${inner})${times}`),
  ),
  pattern: fc
    .array(fc.array(tie('part'), { maxLength: 4 }), { minLength: 1, maxLength: 2 })
    .map((all) => all.map((parts) => parts.join('')).join('|')),
})).pattern;
const texts = fc.array(
  fc.constantFrom(
    'a',
    'b',
    'A',
    'Z',
    '1',
    '_',
    '-',
    '.',
    '/',
    ']',
    ' ',
    '\n',
    '\r',
    '\u2028',
    '\u00a0',
    'é',
    'É',
    'Ω',
    '😀',
    '\0',
  ),
  { maxLength: 5 },
);

describe('a pattern', () => {
  it('matches what JavaScript’s own engine matches, whichever engine has it', () => {
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 1, maxLength: 8 }), (source, all) => {
        const own = new RegExp(source, 'u');
        const [re2, chosen] = [byRe2(source), linearPattern(source)];
        for (const text of all.map((parts) => parts.join(''))) {
          expect([source, text, re2.test(text), chosen.test(text)]).toEqual([
            ...[source, text, own.test(text), own.test(text)],
          ]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['own', '^[A-Z]{3}$'],
    ['own', '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'],
    ['own', '^\\S+$'],
    ['own', '^(?=.*\\d)(?=.*[A-Z]).{8,200}$'],
    ['own', 'foo|bar'],
    ['re2', '^\\d+\\.\\d+$'],
    ['re2', '[a-z]+x'],
    ['re2', '^([a-zA-Z0-9]+\\s?)+$'],
    ['re2', '^(a?){30}a{30}$'],
  ])('is matched by the engine %s: %s', (engine, source) => {
    expect(linearPattern(source).engine).toBe(engine);
  });

  it.each([
    ['^(\\w+)\\s\\1$', '\\1 refers back to a group'],
    ['(?<=a+b*)c', '(?<=a+b*) looks behind'],
    ['^(?!.*a.*b).*c.*$', '(?!.*a.*b) looks ahead'],
    ['^(ab?){1,2000}$', '(ab?){1,2000} repeats more than 1000 times'],
  ])('is refused where no engine has it in linear time: %s', (source, reason) => {
    expect(() => linearPattern(source)).toThrow(UnsupportedPattern);
    expect(() => linearPattern(source)).toThrow(reason);
  });

  // On JavaScript's own engine each of these takes years.
  it.each([
    ['^([a-zA-Z0-9]+\\s?)+$', 'a'],
    ['^(a|a)*$', 'a'],
    ['^(.*)*x$', 'a'],
    ['^(a?){30}a{30}$', 'a'],
    ['(x+x+)+y', 'x'],
    ['^(\\s*\\S*\\s*)*#$', ' '],
  ])('does not hold whoever asks: %s', (source, pump) => {
    const pattern = linearPattern(source);
    expect(pattern.test(`${pump.repeat(100_000)}!`)).toBe(false);
  });
});

describe('formats', () => {
  const examples = [
    ...[
      'P1Y2M3DT4H5M6S',
      'P',
      'P3W',
      'PT',
      'a.b@c.example',
      'A.B@C.EXAMPLE',
      'a@b',
      '@',
      'x@-.de',
      'localhost',
      'EXAMPLE.com.',
    ],
    ...[
      '127.0.0.1',
      '256.1.1.1',
      '::1',
      'FE80::1:2',
      '1::2::3',
      '/a/b~1',
      'a/b',
      '#/a',
      '0#',
      'http://{host}/x',
      '{',
      'http://a.de/x?y#z',
    ],
    ...[
      '550e8400-e29b-41d4-a716-446655440000',
      'urn:uuid:550e8400-e29b-41d4-a716-446655440000',
      '//x:80/%41',
      '%zz',
      '\u017f',
      '',
    ],
    ...['ftp://é.example/ü', 'http://10.0.0.1', 'https://x.y:99999'],
  ];

  it.each(Object.entries(cappedFormats()))('%s means what it meant', (name, validate) => {
    const before = fullFormats[name as keyof typeof fullFormats] as RegExp;
    expect(examples.map((text) => [text, validate(text)])).toEqual(
      examples.map((text) => [text, before.test(text)]),
    );
  });

  it.each(Object.entries(cappedFormats()))('%s holds nobody', (_, validate) => {
    const pumps = [
      'a',
      '.',
      'a.',
      'a-',
      '-',
      '1',
      '1.',
      '/',
      '~0',
      '%41',
      ':',
      'a@',
      '{a}',
      '{a,',
      ' ',
      'http://a',
      'x:',
    ];
    for (const head of ['', 'http://', 'a@', '{', 'P', 'http://a@'])
      for (const pump of pumps)
        for (const length of [2000, 40_000])
          validate(`${head}${pump.repeat((length - head.length) / pump.length)}\u0001`);
  });
});
