import fc from 'fast-check';
import { isJsonArray } from './json-array';

/** What it is held against; a leading space is the one thing that JSON takes and it does not. */
function isParsedArray(text: string): boolean {
  try {
    return text.startsWith('[') && Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

const same = (text: string) => expect([text, isJsonArray(text)]).toEqual([text, isParsedArray(text)]);

test.each([
  ...['[]', '[ ]', '[1]', '[1 ]', '[1]\n', ' [1]', '[1] 2', '[1]]', '[1', '[', '', '{}', '1', '"[]"', 'null'],
  ...[
    '[01]',
    '[-]',
    '[-0]',
    '[1.]',
    '[.5]',
    '[1.5e3]',
    '[1e]',
    '[1E+05]',
    '[1e-]',
    '[+1]',
    '[1e5.5]',
    '[--1]',
  ],
  ...['[true,false,null]', '[tru]', '[nul]', '[nulls]', '[falsey]', '[undefined]', '[NaN]', '[Infinity]'],
  ...[
    '["a"]',
    '["a]',
    '["\\n"]',
    '["\\x"]',
    '["\\u00e4"]',
    '["\\u00g4"]',
    '["\\u00"]',
    '["\\"]',
    '["\u0001"]',
  ],
  ...['["\u007f\u2028\ud800"]', '["\t"]', '["\\', "['a']", '[1,]', '[,1]', '[1,,2]', '[1 2]', '[[1],[2]'],
  ...[
    '[{}]',
    '[{"a":1}]',
    '[{"a":1,}]',
    '[{a:1}]',
    '[{"a"}]',
    '[{"a" : [ {} ] , "b":2}]',
    '[{"a":1]',
    '[{]}',
  ],
  ...[
    '[[1],[2]],[3]',
    `${'['.repeat(40)}${']'.repeat(40)}`,
    `${'['.repeat(40)}1${']'.repeat(39)}`,
    '[\u00a01]',
  ],
  `${'['.repeat(33)}"\\q"${']'.repeat(33)}`,
])('%s', same);

const ALPHABET = [...'[[]]{}",:\\/-+.eE0123456789truefalsn u \n\t\r\u0000\u001fä\u2028\ud83d'];

test('it takes what the parser takes, whole or with something put in, taken out or exchanged', () => {
  const change = fc.tuple(fc.nat(), fc.constantFrom('', ...ALPHABET), fc.constantFrom(0, 1));
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 4 }),
      fc.constantFrom(undefined, 1, '\t'),
      fc.array(change, { maxLength: 3 }),
      (value, space, changes) => {
        let text = JSON.stringify(value, null, space);
        same(text);
        for (const [place, unit, out] of changes) {
          const at = place % (text.length + 1);
          text = text.slice(0, at) + unit + text.slice(at + out);
          same(text);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('nothing but arrays is taken of texts that look alike', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 12 }), (text) => same(`[${text}`)),
    { numRuns: 1000 },
  );
});
