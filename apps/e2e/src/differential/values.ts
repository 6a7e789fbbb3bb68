/**
 * Kinds of fields: how a JSON Schema may say each, the SQL type that docs/catalog.md promises for it, and values as JSON texts,
 * many of them at the edge of what the type holds.
 */
import type { JsonSchema } from '@tenon/domain';
import type { Random } from '../exactness/random';

export type Kind =
  | 'integer'
  | 'double'
  | 'decimal1'
  | 'decimal2'
  | 'decimal6'
  | 'text'
  | 'boolean'
  | 'moment'
  | 'date'
  | 'record'
  | 'integers'
  | 'texts'
  | 'json';

/** A value in an event. */
export interface DrawnValue {
  readonly json: string;
  /** Whether ingestion may refuse it by a rule that is not the type's, such as a bound of what JSON numbers hold. */
  readonly doubtful: boolean;
}

interface KindOf {
  readonly schema: JsonSchema;
  readonly type: string;
  readonly values: readonly (string | ((random: Random) => string))[];
  readonly doubtful?: readonly string[];
}

const text = (value: string) => JSON.stringify(value);
const two = (n: number) => String(n).padStart(2, '0');
const steps = (digits: number, wide: number) => (random: Random) => {
  const whole = random.int(-(10 ** random.int(1, wide)), 10 ** random.int(1, wide));
  const fraction = String(random.int(0, 10 ** digits - 1)).padStart(digits, '0');
  return `${whole}.${fraction}`;
};
const decimal = (digits: number, wide: number): KindOf => ({
  schema: { type: 'number', multipleOf: 10 ** -digits },
  type: `DECIMAL(18,${digits})`,
  values: ['0', '1', '-1.0', '2.50e0', steps(digits, 2), steps(digits, 2), steps(digits, wide)],
  // More digits than a double has, or than the type.
  doubtful: [
    `${'9'.repeat(18 - digits)}.${'9'.repeat(digits)}`,
    `-${'1'.repeat(18 - digits)}.1`,
    '1e17',
    '0.0000000001',
  ],
});

const TEXTS = [
  ...[
    '',
    ' ',
    'a',
    'A',
    'b',
    'B',
    'ä',
    'a\u0308',
    'Å',
    '\u212b',
    'ß',
    'ﬀ',
    'i',
    'İ',
    'ı',
    '日本',
    '😀',
    '\ufffd',
    '\uffff',
  ],
  ...[
    '👩‍👩‍👧',
    '\u202eabc',
    'x\ufeff',
    'x\ufeffy',
    '\u200b',
    '\u00a0',
    '\u2028',
    '\u007f',
    '\u0001',
    '\t',
    'a\nb',
    'a\r\n',
  ],
  ...[
    'NaN',
    'null',
    'NULL',
    'true',
    '-0',
    '0',
    '007',
    '1e5',
    '{}',
    '[1]',
    '"',
    '""',
    "it's",
    '\\',
    '\\u0041',
    '%',
    '_',
    'a,b',
    ';',
  ],
  ...[
    '{{x}}',
    '${x}',
    '--',
    '/*',
    'constructor',
    '__proto__',
    'a/b',
    '~1',
    '.',
    '$oid',
    'Infinity',
    '2026-01-01',
    '\u{10ffff}',
  ],
];

const MOMENTS = [
  ...[
    '0001-01-01T00:00:00Z',
    '0001-01-01T00:00:00.000001Z',
    '9999-12-31T23:59:59.999999Z',
    '9999-12-31T23:59:59Z',
  ],
  ...[
    '1600-01-01T00:00:00.123456Z',
    '1600-01-01T00:00:00.123457Z',
    '2300-01-01T00:00:00.000002Z',
    '1969-12-31T23:59:59.999999Z',
  ],
  ...[
    '1970-01-01T00:00:00Z',
    '2024-02-29T12:00:00+02:00',
    '2024-02-29T10:00:00.0Z',
    '2024-03-31T02:30:00-05:30',
  ],
  ...[
    '1582-10-10T00:00:00Z',
    '2024-12-31T23:59:59.5+14:00',
    '2024-01-01T00:00:00-00:00',
    '2016-12-31T23:59:59.999Z',
  ],
];

export const KINDS: Readonly<Record<Kind, KindOf>> = {
  integer: {
    schema: { type: 'integer' },
    type: 'BIGINT',
    values: [
      ...['0', '1', '-1', '7', '7.0', '1e2', '-0', '9007199254740991', '-9007199254740991'],
      ...[2, 3, 20, 20].map((most) => (random: Random) => String(random.int(-most, most))),
    ],
    doubtful: [
      '9007199254740992',
      '9007199254740993',
      '-9007199254740993',
      '1e18',
      '9223372036854775807',
      '1e19',
    ],
  },
  double: {
    schema: { type: 'number' },
    type: 'DOUBLE',
    values: [
      ...[
        '0',
        '-0',
        '-0.0',
        '1',
        '0.1',
        '0.2',
        '0.30000000000000004',
        '1e300',
        '-1e300',
        '5e-324',
        '-5e-324',
        '1e16',
        '1e-7',
      ],
      ...['2.2250738585072014e-308', '123456789.123456789'],
      (random: Random) => String(random.int(-4000, 4000) / 7),
      (random: Random) => String(random.int(-3, 3) / 2),
    ],
    doubtful: ['9007199254740993', '1.7976931348623157e308', '1e309', '123456789012345678901234567890'],
  },
  decimal1: decimal(1, 12),
  decimal2: decimal(2, 8),
  decimal6: decimal(6, 8),
  text: {
    schema: { type: 'string' },
    type: 'VARCHAR',
    values: [
      (random) => text(random.pick(TEXTS)),
      (random) => text(random.pick(TEXTS)),
      (random) => text(random.pick(['a', 'b', 'c'])),
      (random) => text(random.pick(TEXTS) + random.pick(TEXTS)),
      '"\\u0041"',
      '"\\ud83d\\ude00"',
    ],
    doubtful: ['"\\u0000"', '"a\\u0000b"', '"\\ud800"'],
  },
  boolean: { schema: { type: 'boolean' }, type: 'BOOLEAN', values: ['true', 'false'] },
  moment: {
    schema: { type: 'string', format: 'date-time' },
    type: 'TIMESTAMP',
    values: [
      (random) => text(random.pick(MOMENTS)),
      (random) =>
        text(
          `2024-02-${two(random.int(27, 29))}T${two(random.int(0, 23))}:30:00${random.pick(['Z', '+02:00', '.25Z'])}`,
        ),
    ],
    doubtful: [
      ...[
        '2016-12-31T23:59:60Z',
        '2024-01-01t10:00:00z',
        '2024-01-01 10:00:00Z',
        '2024-01-01T10:00:00.123456789Z',
      ],
      ...[
        '0001-01-01T00:00:00+14:00',
        '9999-12-31T23:59:59-10:00',
        '2024-01-01T24:00:00Z',
        '0000-01-01T00:00:00Z',
      ],
    ].map(text),
  },
  date: {
    schema: { type: 'string', format: 'date' },
    type: 'DATE',
    values: [
      ...['0001-01-01', '9999-12-31', '2024-02-29', '1582-10-10', '1970-01-01', '1969-12-31'].map(text),
      (random) => text(`2024-03-0${random.int(1, 4)}`),
    ],
    doubtful: ['0000-01-01', '2023-02-29'].map(text),
  },
  record: {
    schema: {
      type: 'object',
      properties: {
        a: { type: 'integer' },
        'b "c"': { type: ['string', 'null'] },
        from: { type: 'number', multipleOf: 0.01 },
      },
    },
    type: 'STRUCT',
    values: [
      ...[
        '{}',
        '{"a":1}',
        '{"a":2,"b \\"c\\"":null}',
        '{"a":3,"b \\"c\\"":"x","from":1.25}',
        '{"from":-7,"more":[1]}',
      ],
    ],
  },
  integers: {
    schema: { type: 'array', items: { type: 'integer' } },
    type: 'BIGINT[]',
    values: ['[]', '[1]', '[3,1,2]', '[7,7]', '[-5]'],
  },
  texts: {
    schema: { type: 'array', items: { type: 'string' } },
    type: 'VARCHAR[]',
    values: ['[]', '[""]', '["a","B"]', '["😀","\\""]', '["null"]'],
  },
  json: {
    schema: {},
    type: 'JSON',
    values: ['1', '"a"', '""', '{"k":"v"}', '{"k":1}', '{"k":null}', '[1,{"k":2}]', 'true', '{"k":"😀"}'],
  },
};

/**
 * Mostly few different values, so that cells and ties occur; now and then a long text.
 *
 * @param checked whether the schema has the field: what it does not know it can't refuse, and its numbers are what JavaScript
 * makes of them
 */
export function drawValue(kind: Kind, random: Random, checked: boolean): DrawnValue {
  const { values, doubtful = [] } = KINDS[kind];
  if (checked && doubtful.length > 0 && random.chance(0.02))
    return { json: random.pick(doubtful), doubtful: true };
  if (kind === 'text' && random.chance(0.01))
    return { json: text(random.pick(['x', 'é', '😀']).repeat(random.int(1000, 9000))), doubtful: false };
  const drawn = random.pick(values);
  return { json: typeof drawn === 'string' ? drawn : drawn(random), doubtful: false };
}
