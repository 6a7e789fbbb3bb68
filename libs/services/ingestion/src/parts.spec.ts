import { decimalsOf, multipleOf } from './decimal';
import { LineSplitter } from './lines';
import { bodyKind, isJsonType } from './media-type';
import { compileSchema, withSafeIntegers } from './schema';
import { screen } from './screen';
import { isCorrelationId, traceparentOf } from './trace';
import fc from 'fast-check';

describe('multipleOf', () => {
  it('takes every whole multiple of a decimal step, as it is written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e12, max: 1e12 }),
        fc.constantFrom(0.1, 0.01, 0.001, 0.25, 0.05, 1, 5),
        (count, step) => {
          const decimals = decimalsOf(step);
          const scaled = BigInt(count) * BigInt(Math.round(step * 10 ** decimals));
          const text = scaled
            .toString()
            .replace('-', '')
            .padStart(decimals + 1, '0');
          const value = Number(
            `${count < 0 ? '-' : ''}${text.slice(0, text.length - decimals)}.${text.slice(text.length - decimals)}`,
          );
          expect(multipleOf(step)(value)).toBe(true);
        },
      ),
    );
  });

  it.each([
    [0.005, 0.01],
    [0.1 + 0.2, 0.1],
    [0.3, 0.25],
    [1e300, 0.01],
    [7, 5],
  ])('refuses %d as a multiple of %d', (value, step) => {
    expect(multipleOf(step)(value)).toBe(false);
  });

  it('counts decimals', () => {
    expect([1, 0.25, 1e-7, 12.5e-3, 100].map(decimalsOf)).toEqual([0, 2, 7, 4, 0]);
  });
});

describe('schemas', () => {
  it('bound integers to what JSON.parse keeps, wherever they are, and leave data alone', () => {
    const schema = {
      type: 'object',
      properties: { type: { type: ['integer', 'null'], maximum: 5 }, b: { $ref: '#/$defs/n' } },
      $defs: { n: { anyOf: [{ type: 'integer' }, { type: 'number' }] } },
      default: { type: 'integer' },
    };
    const max = Number.MAX_SAFE_INTEGER;
    expect(withSafeIntegers(schema)).toEqual({
      ...schema,
      properties: {
        type: { type: ['integer', 'null'], maximum: 5, minimum: -max },
        b: { $ref: '#/$defs/n' },
      },
      $defs: { n: { anyOf: [{ type: 'integer', maximum: max, minimum: -max }, { type: 'number' }] } },
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

  it('ignore a format that they do not know', () => {
    expect(compileSchema('s', { properties: { a: { format: 'airport' } } }).valid({ a: 'ATL' })).toBe(true);
  });
});

it('any JSON object with names of ASCII letters, 30 deep at most, passes the screen', () => {
  const names = fc.stringMatching(/^[a-z]{1,6}$/);
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', maxDepth: 8 },
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(tie('tree')),
      fc.dictionary(names, tie('tree')),
    ),
  }));
  fc.assert(fc.property(tree, (value) => expect(screen(value, true, '')).toBeUndefined()));
});

describe('lines', () => {
  /** What a splitter gives for a text in chunks; `null` for a line that was dropped. */
  function split(text: string, size: number, limit: number): (string | null)[] {
    const splitter = new LineSplitter(limit);
    const bytes = Buffer.from(text);
    const found: (string | null)[] = [];
    const add = (parts: ReturnType<LineSplitter['push']>) => {
      for (const { bytes: part, dropped } of parts) {
        if (dropped) found.push(null);
        else found.push(...Buffer.from(part).toString().split('\n'));
      }
    };
    for (let at = 0; at < bytes.length; at += size) add(splitter.push(bytes.subarray(at, at + size)));
    add(splitter.end());
    return found;
  }

  it('are the same for any size of chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', ''))),
        fc.integer({ min: 1, max: 50 }),
        (lines, size) => {
          const text = lines.map((line) => `${line}\n`).join('');
          expect(split(text, size, 1_000)).toEqual(lines);
        },
      ),
    );
  });

  it('over the limit are dropped up to their newline, and only they', () => {
    expect(split('aa\nbbbbbbbbbb\ncc\ndd', 3, 6)).toEqual(['aa', null, 'cc', 'dd']);
    expect(split('bbbbbbbbbb', 3, 6)).toEqual([null]);
  });
});

it.each([
  ['application/json', 'json'],
  ['Application/JSON ; Charset=UTF-8', 'json'],
  ['application/cloudevents+json; charset=utf8', 'cloudevent'],
  ['application/cloudevents-batch+json', 'cloudevents'],
  ['application/x-ndjson', 'ndjson'],
])('Content-Type %s is %s', (type, kind) => {
  expect(bodyKind(type)).toBe(kind);
});

it.each([
  '',
  'application/jsonx',
  'application/cloudevents-batch',
  'constructor',
  'text/json',
  'multipart/form-data',
])('Content-Type %j is refused', (type) => {
  expect(() => bodyKind(type)).toThrow(expect.objectContaining({ status: 415 }));
});

it('knows JSON types, correlation IDs and traces', () => {
  expect(['application/json', 'application/vnd.x+json; a=b', 'text/plain', ''].map(isJsonType)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(['a', 'a b', ' a', '', 'ä', 'x'.repeat(129), 5].map(isCorrelationId)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect(traceparentOf(trace)).toBe(trace);
  for (const bad of [
    trace.toUpperCase(),
    trace.replace('00-', 'ff-'),
    `${trace}-x`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  ])
    expect(traceparentOf(bad)).toBeUndefined();
});
