import type { Pointer, SourceDefinition } from '@tenon/domain';
import { EMPTY_LEDGER, emptyPointer } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { ProductView } from '@tenon/views';
import { layoutOf } from '@tenon/views';
import type { AsOf } from './as-of';
import { asOfText, meantBy, parseAsOf } from './as-of';

const SOURCE = { name: 'orders', partitions: 2 } as SourceDefinition;
const PLAN = { product: 'sales', version: 2, source: 'orders', hash: 'h', key: [] };
const LAYOUT = layoutOf(PLAN as unknown as Parameters<typeof layoutOf>[0], [SOURCE]);

/** Each cut has a barrier in each lane. */
const pointer = (generation: number, a: number, b: number, line = 0): Pointer => ({
  ...emptyPointer('h'),
  ...{ line, generation, cut: { 'orders/0': a, 'orders/1': b }, at: generation * 60_000 },
  ledger: { ...EMPTY_LEDGER, aggregated: a + b - 2 * generation, control: 2 * generation },
});
const READABLE = [pointer(7, 40, 40), pointer(5, 20, 25), pointer(4, 10, 12)];

function viewAt(base: Pointer, a: number, b: number): ProductView {
  const epoch = base.generation + 0;
  const lane = (partition: number, included: number) =>
    [
      `orders/${partition}`,
      {
        ...{ lane: { source: 'orders', partition }, number: partition, stretches: [] },
        reach: { epochs: [epoch], included, open: epoch, gap: false },
        progress: [
          {
            ...{
              epoch,
              start: 0,
              next: included,
              closed: false,
              nextEpoch: 0,
              closedAt: null,
            },
            ledger: { ...EMPTY_LEDGER, aggregated: included - (base.cut[`orders/${partition}`] ?? 0) },
            watermark: null,
          },
        ],
      },
    ] as const;
  return { base: { pointer: base }, speed: { lanes: new Map([lane(0, a), lane(1, b)]), troubles: [] } };
}

const NOW = viewAt(pointer(7, 40, 40), 44, 41);

const meant = (asOf: AsOf | string, layer: 'merged' | 'batch' | 'speed' = 'merged', readable = READABLE) =>
  meantBy(typeof asOf === 'string' ? parseAsOf(asOf) : asOf, layer, LAYOUT, readable, NOW);

const generationOf = (found: ReturnType<typeof meant>) =>
  found === 'now' ? 'now' : found.pointer.generation;

function refusal(ask: () => unknown): HttpProblem {
  try {
    ask();
  } catch (error) {
    if (error instanceof HttpProblem) return error;
    throw error;
  }
  throw new Error('it was answered');
}

test('a generation, its line, a cut and a time name the same', () => {
  expect(generationOf(meant('5'))).toBe(5);
  expect(generationOf(meant('5@0'))).toBe(5);
  expect(generationOf(meant('{"orders":{"0":20,"1":25}}'))).toBe(5);
  expect(generationOf(meant('1970-01-01T00:05:00Z'))).toBe(5);
  expect(generationOf(meant('1970-01-01T00:06:59.999Z'))).toBe(5);
  expect(generationOf(meant('1970-01-01T01:07:00+01:00'))).toBe(7);
});

test('before the first cut there was nothing, whatever is kept', () => {
  expect(meant('0', 'merged', [])).toEqual({ pointer: emptyPointer('h') });
});

test('of two lines with the same generation it is the later one, unless it is said', () => {
  const lines = [pointer(5, 20, 25, 1), pointer(5, 20, 25), pointer(4, 10, 12)];
  const lineOf = (text: string) => (meant(text, 'batch', lines) as { pointer: Pointer }).pointer.line;
  expect([lineOf('5'), lineOf('5@0'), lineOf('5@1')]).toEqual([1, 0, 1]);
  expect(asOfText(lines[0] as Pointer, null)).toBe('5@1');
});

test.each([
  [
    '3',
    410,
    'generation-gone',
    /Generation 3 of sales v2 is kept no longer. The oldest that is kept is generation 4/,
  ],
  ['6', 404, 'generation-unknown', /never served generation 6: after 5 came 7/],
  ['8', 404, 'generation-unknown', /served at generation 7; 8 is not there yet/],
  ['5@3', 404, 'generation-unknown', /5/],
  ['1970-01-01T00:03:59Z', 410, 'generation-gone', /at 1970-01-01T00:03:59Z is kept no longer/],
  ['{"orders":{"0":5,"1":5}}', 410, 'generation-gone', /cut .* is kept no longer/],
  [
    '{"orders":{"0":30,"1":25}}',
    404,
    'generation-unknown',
    /No generation of sales v2 that is kept has its cut/,
  ],
])('%s is refused with %i %s, and why', (asOf, status, code, detail) => {
  const problem = refusal(() => meant(asOf));
  expect(problem).toMatchObject({ status, code, detail: expect.stringMatching(detail) as string });
  expect(problem.extra).toMatchObject({ oldest: { generation: 4 }, newest: { generation: 7 } });
});

test('with nothing served yet there is no generation', () => {
  expect(refusal(() => meant('3', 'merged', []))).toMatchObject({ code: 'generation-unknown' });
});

test.each(['', 'x', '-1', '1.', '1.e30', '12345678901234', '{"orders":5}', '{', 'today', '2001-01'])(
  '%p is no asOf',
  (text) => expect(refusal(() => parseAsOf(text))).toMatchObject({ status: 400, code: 'bad-parameter' }),
);

describe('an answer of before', () => {
  const of = (a: number, b: number, events: number, generation = 5) =>
    asOfText(pointer(generation, 20, 25), { offsets: { 'orders/0': a, 'orders/1': b }, events });

  test('is what is read now while nothing has come since', () => {
    expect(meant(of(44, 41, 71, 7))).toBe('now');
  });

  test('is a generation that has its events and no others: barriers alone lie between', () => {
    // Below cut 5 there are 35 events and 10 barriers.
    expect(generationOf(meant(of(19, 24, 35, 4)))).toBe(5);
    expect(generationOf(meant(of(20, 25, 35, 4)))).toBe(5);
  });

  test('is gone where what came after it was folded with it', () => {
    const problem = refusal(() => meant(of(30, 30, 50)));
    expect(problem).toMatchObject({ status: 410, code: 'answer-gone', extra: { before: 5, after: 7 } });
    expect(problem.detail).toMatch(/Generation 5 has 15 records fewer. Generation 7 has 20 records more./);
  });

  test('of speed alone is another one once the cut has moved', () => {
    expect(meant(of(44, 41, 71, 7), 'speed')).toBe('now');
    expect(refusal(() => meant(of(44, 41, 71, 5), 'speed'))).toMatchObject({ code: 'answer-gone' });
    expect(refusal(() => meant(of(20, 25, 35, 4), 'speed'))).toMatchObject({ code: 'answer-gone' });
  });
});
