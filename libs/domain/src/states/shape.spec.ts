import { cellShape } from './shape';

const fits = (type: string, value: unknown) =>
  cellShape({ key: [{ type }], states: [{ kind: 'max', type }] }).fits([value], [value]);

test.each([
  ['VARCHAR[]', ['a', null]],
  ['VARCHAR[3]', ['a', 'b', null]],
  ['DECIMAL(12,2)[]', ['1.50']],
  ['BIGINT[][]', [[1], null]],
  ['STRUCT(a VARCHAR, b DECIMAL(3,1))', { a: 'x', b: '1.5' }],
  ['MAP(VARCHAR, BIGINT)', [{ key: 'x', value: 1 }]],
  ["ENUM('a', 'b)')", 'a'],
  ['TIME', '10:00:00'],
  ['INTERVAL', { months: 1 }],
  ['TIMESTAMP WITH TIME ZONE', '2001-01-01T00:00:00Z'],
  ['TIMESTAMP_NS', '2001-01-01T00:00:00Z'],
  ['VARCHAR(3)', 'abc'],
  ['DECIMAL(12,2)', '1.50'],
  ['DECIMAL(12, 2)', 1.5],
  ['DOUBLE', 'Infinity'],
  ['UHUGEINT', '340282366920938463463374607431768211455'],
  ['UTINYINT', 255],
  ['BOOLEAN', false],
])('a value of %s fits: %j', (type, value) => expect(fits(type, value)).toBe(true));

test.each([
  ['VARCHAR', ['a']],
  ['VARCHAR', 1],
  ['BIGINT', 'ten'],
  ['INTEGER', 1.5],
  ['DECIMAL(12,2)', [1]],
  ['TIMESTAMP', 0],
  ['BOOLEAN', 'true'],
])('none of %s: %j', (type, value) => expect(fits(type, value)).toBe(false));
