import { idFrom } from './id-fields';

test.each([
  ['{"no":7}', ['no'], '7'],
  ['{"no":"A-7","x":1}', ['no'], 'A-7'],
  ['{"no":9007199254740993}', ['no'], '9007199254740993'],
  [
    '{"in":{"no":9007199254740995},"l":["no",{"no":1}], "no" : -9007199254740993 }',
    ['no'],
    '-9007199254740993',
  ],
  ['{"t":"\\"no\\":9007199254740995","no":9007199254740993}', ['no'], '9007199254740993'],
  ['{"no":1.5}', ['no'], '1.5'],
  ['{"a":"x","b":2}', ['a', 'b'], '["x","2"]'],
  ['{"a":"x"}', ['a', 'b'], undefined],
  ['{"no":null}', ['no'], undefined],
  ['{"no":""}', ['no'], undefined],
  ['{}', ['constructor'], undefined],
] as [string, string[], string | undefined][])('of %s the id by %j is %s', (text, fields, id) => {
  expect(idFrom(text, fields)).toBe(id);
});
