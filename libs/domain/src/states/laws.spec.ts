import * as fc from 'fast-check';
import type { Value } from '../sql-value';
import { compareText, compareValues } from '../values';
import { identityStates, mergeInto, mergeState, sameStates } from '.';
import { STATE_BYTES } from './bounds';
import { countsState } from './counts';
import { ddsketch, ddsketchBucket } from './ddsketch';
import { distinctState } from './distinct';
import { doubleSum } from './double-sum';
import { hllFromRegisters } from './hyperloglog';
import { cellShape } from './shape';
import type { State, StateSpec } from './spec';

/** One kind under test: what events bring, and the state that an engine makes of a batch of them. */
interface Case<V> {
  readonly name: string;
  readonly spec: StateSpec;
  readonly event: fc.Arbitrary<V>;
  readonly state: (events: readonly V[]) => State;
}

const small = fc.integer({ min: -5, max: 5 });
const letters = fc.constantFrom('a', 'b', 'ä', 'Z', '', '￿', '😀', 'JFK');
const doubles = fc.oneof(fc.double(), fc.constantFrom(0.1, -0.1, 1e308, -1e308, 5e-324, 0, -0), small);
const jsonDouble = doubles.map((value): Value => (Number.isFinite(value) ? value + 0 : String(value)));
const moment = fc.constantFrom(
  '2001-01-01T00:00:00Z',
  '2001-01-01T00:00:00.500000Z',
  '1999-12-31T23:59:59Z',
  '+010000-01-01T00:00:00Z',
);
const integer = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n });

function extremum(kind: 'min' | 'max', type: string, event: fc.Arbitrary<Value>): Case<Value> {
  const sign = kind === 'min' ? 1 : -1;
  const first = (events: readonly Value[]) =>
    [...events].sort((a, b) => sign * compareValues(type, a, b))[0] ?? null;
  return {
    name: `${kind} of ${type}`,
    spec: { kind, type },
    event,
    state: first as (events: readonly Value[]) => State,
  };
}

type Keyed = readonly [by: string, value: Value, event?: string, large?: true];

/** Of ids, of none (a release before), and of values that were too large: by the key, then the event, then the value. */
function argExtremum(kind: 'arg_min' | 'arg_max'): Case<Keyed> {
  const sign = kind === 'arg_min' ? 1 : -1;
  const order = ([, a, event, large]: Keyed, [, b, other, too]: Keyed) =>
    compareText(event ?? '', other ?? '') ||
    compareValues('INTEGER', a, b) ||
    Number(large ?? false) - Number(too ?? false);
  const known = (one: Keyed) => Number(one[2] === undefined);
  return {
    name: kind,
    spec: { kind, by: 'TIMESTAMP', type: 'INTEGER', event: true },
    event: fc.oneof(
      fc.tuple(moment as fc.Arbitrary<string>, fc.option(small) as fc.Arbitrary<Value>),
      fc.tuple(
        moment as fc.Arbitrary<string>,
        fc.option(small) as fc.Arbitrary<Value>,
        fc.constantFrom('a', 'é', ''),
      ),
      fc.tuple(
        moment as fc.Arbitrary<string>,
        fc.constant(null),
        fc.constantFrom('a', 'b'),
        fc.constant(true as const),
      ),
    ),
    state: (events) =>
      ([...events].sort(
        (a, b) => sign * compareValues('TIMESTAMP', a[0], b[0]) || known(a) - known(b) || sign * order(a, b),
      )[0] as State | undefined) ?? null,
  };
}

const distinctSpec = (bound: number) => ({ kind: 'distinct', type: 'VARCHAR', bound }) as const;
const countsSpec = (bound: number) => ({ kind: 'counts', type: 'DOUBLE', bound }) as const;
const sketchOf = (events: readonly number[]): State => {
  const buckets = (values: readonly number[]) =>
    values.map((value) => [ddsketchBucket(0.01, value), 1] as const);
  const zeros = events.filter((value) => value === 0).length;
  return ddsketch(
    zeros,
    buckets(events.filter((value) => value > 0)),
    buckets(events.filter((value) => value < 0).map(Math.abs)),
  );
};

const CASES = [
  {
    name: 'count',
    spec: { kind: 'count' },
    event: fc.constant(1),
    state: (events) => events.length || null,
  } satisfies Case<number>,
  {
    name: 'sum',
    spec: { kind: 'sum', type: 'HUGEINT' },
    event: integer,
    state: (events) => {
      const total = events.reduce((sum, value) => sum + value, 0n);
      const safe = total >= Number.MIN_SAFE_INTEGER && total <= Number.MAX_SAFE_INTEGER;
      return events.length === 0 ? null : safe ? Number(total) : String(total);
    },
  } satisfies Case<bigint>,
  {
    name: 'sum_double',
    spec: { kind: 'sum_double' },
    event: doubles,
    state: (events) => doubleSum([], events),
  } satisfies Case<number>,
  extremum(
    'min',
    'BIGINT',
    integer.map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value))),
  ),
  extremum('max', 'DOUBLE', jsonDouble),
  extremum(
    'min',
    'DECIMAL(18,2)',
    integer.map(
      (n) =>
        `${n < 0n ? '-' : ''}${(n < 0n ? -n : n) / 100n}.${String((n < 0n ? -n : n) % 100n).padStart(2, '0')}`,
    ),
  ),
  extremum('max', 'VARCHAR', letters),
  extremum('max', 'TIMESTAMP', moment),
  extremum('min', 'BOOLEAN', fc.boolean()),
  argExtremum('arg_min'),
  argExtremum('arg_max'),
  {
    name: 'distinct below its bound',
    spec: distinctSpec(100),
    event: letters,
    state: (events) => distinctState(distinctSpec(100), events),
  } satisfies Case<string>,
  {
    name: 'distinct across its bound',
    spec: distinctSpec(5),
    event: letters,
    state: (events) => distinctState(distinctSpec(5), events),
  } satisfies Case<string>,
  {
    name: 'hll',
    spec: { kind: 'hll', precision: 4 },
    event: fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 1, max: 61 })),
    state: (events) => hllFromRegisters(4, events),
  } satisfies Case<[number, number]>,
  {
    name: 'hll with three-digit indices',
    spec: { kind: 'hll', precision: 13 },
    event: fc.tuple(fc.integer({ min: 0, max: 8191 }), fc.integer({ min: 1, max: 52 })),
    state: (events) => hllFromRegisters(13, events),
  } satisfies Case<[number, number]>,
  {
    name: 'ddsketch',
    spec: { kind: 'ddsketch', alpha: 0.01 },
    event: fc.oneof(small, fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
    state: sketchOf,
  } satisfies Case<number>,
  {
    name: 'counts below their bound',
    spec: countsSpec(100),
    event: jsonDouble,
    state: (events) =>
      countsState(
        countsSpec(100),
        events.map((value) => [value, 1]),
      ),
  } satisfies Case<Value>,
  {
    name: 'counts across their bound',
    spec: countsSpec(3),
    event: small,
    state: (events) =>
      countsState(
        countsSpec(3),
        events.map((value) => [value, 1]),
      ),
  } satisfies Case<number>,
] as unknown as Case<unknown>[];

/** Merging must leave its inputs alone: a write to a frozen one throws. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

const text = (state: State) => JSON.stringify(state);

/** No state of any kind, but for what `isOf` says. */
const STRANGE = [
  true,
  'x',
  '12x',
  1.5,
  {},
  { s: 1 },
  { o: false },
  { z: '1', p: [], n: [] },
  { z: 1, p: [1], n: [] },
  [],
  [1],
] as const;

/** Of values of any type extrema keep whatever is a value of it. */
const isOf = (spec: StateSpec, one: unknown): boolean =>
  (spec.kind === 'min' || spec.kind === 'max') &&
  (typeof one === (spec.type === 'BOOLEAN' ? 'boolean' : /BIGINT/.test(spec.type) ? 'bigint' : 'string') ||
    (typeof one === 'number' && /DOUBLE|DECIMAL/.test(spec.type)) ||
    /[\])]$/.test(spec.type));

describe.each(CASES)('$name', ({ spec, event, state }) => {
  const events = fc.array(event, { maxLength: 12 });
  const states = events.map((list) => freeze(state(list)));
  const merge = (a: State, b: State) => freeze(mergeState(spec, a, b));

  it('merges in any order', () => {
    fc.assert(fc.property(states, states, (a, b) => expect(text(merge(a, b))).toBe(text(merge(b, a)))));
  });

  it('merges in any grouping', () => {
    fc.assert(
      fc.property(states, states, states, (a, b, c) => {
        expect(text(merge(merge(a, b), c))).toBe(text(merge(a, merge(b, c))));
      }),
    );
  });

  it('has null as its identity', () => {
    fc.assert(
      fc.property(states, (a) => {
        expect(merge(a, null)).toBe(a);
        expect(merge(null, a)).toBe(a);
        expect(state([])).toBeNull();
      }),
    );
  });

  it('survives JSON, also halfway', () => {
    const copy = (a: State) => JSON.parse(text(a)) as State;
    fc.assert(
      fc.property(states, states, (a, b) => {
        expect(sameStates(copy(a), a)).toBe(true);
        expect(text(copy(a))).toBe(text(a));
        expect(text(merge(copy(a), copy(b)))).toBe(text(merge(a, b)));
      }),
    );
  });

  it('has the shape that is asked of it where it is read, whatever was merged', () => {
    const { fits } = cellShape({ key: [], states: [spec] });
    const copy = (a: State) => JSON.parse(text(a)) as State;
    fc.assert(
      fc.property(states, states, (a, b) => {
        for (const one of [a, b, merge(a, b)]) expect(fits([], [copy(one)])).toBe(true);
        expect(fits([], [])).toBe(false);
        expect(fits([], [a, a])).toBe(false);
        expect(fits(['of a key that there is not'], [a])).toBe(false);
      }),
    );
    for (const strange of STRANGE.filter((one) => !isOf(spec, one))) expect(fits([], [strange])).toBe(false);
  });

  it('does not depend on how events are ordered and split into batches', () => {
    const split = events.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.array(fc.nat({ max: list.length }), { maxLength: 4 }),
      ),
    );
    fc.assert(
      fc.property(split, ([list, shuffled, cuts]) => {
        const ends = [0, ...[...cuts].sort((a, b) => a - b), list.length];
        const batches = ends.slice(1).map((end, index) => state(shuffled.slice(ends[index], end)));
        expect(text(batches.reduce(merge, null))).toBe(text(state(list)));
      }),
    );
  });
});

describe('states of large texts', () => {
  const texts = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(STATE_BYTES / 4));
  const lists = fc.array(fc.constantFrom(...texts), { minLength: 1, maxLength: 8 });
  const spec = distinctSpec(100);
  const counted = { kind: 'counts', type: 'VARCHAR', bound: 100 } as const;
  const kinds = [
    [spec, (some: readonly string[]) => distinctState(spec, some), 's'],
    [
      counted,
      (some: readonly string[]) =>
        countsState(
          counted,
          some.map((value) => [value, 1]),
        ),
      'c',
    ],
  ] as const;

  it.each(kinds)('are bounded by size, whatever the order: %j', (of, state, exact) => {
    fc.assert(
      fc.property(lists, fc.nat(8), (list, cut) => {
        const whole = state(list);
        const parts = [list.slice(cut), list.slice(0, cut)].map((part) =>
          part.length === 0 ? null : state(part),
        );
        expect(sameStates(mergeState(of, parts[0]!, parts[1]!), whole)).toBe(true);
        expect(Object.keys(whole as object)).toEqual(
          new Set(list).size < 4 ? [exact] : [exact === 's' ? 'h' : 'o'],
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe('mergeInto', () => {
  it('merges state by state, and leaves the old states as they were', () => {
    const specs = CASES.map(({ spec }) => spec);
    const lists = fc.tuple(
      ...CASES.map(({ event, state }) =>
        fc.array(event, { maxLength: 6 }).map((list) => freeze(state(list))),
      ),
    );
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const target = identityStates(specs);
        mergeInto(specs, target, a);
        expect(sameStates(target, a)).toBe(true);
        mergeInto(specs, target, b);
        expect(
          sameStates(
            target,
            specs.map((spec, index) => mergeState(spec, a[index]!, b[index]!)),
          ),
        ).toBe(true);
      }),
    );
  });
});

describe('sameStates', () => {
  it('tells any two JSON values apart that are not the same JSON', () => {
    const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as State);
    const near = fc.constantFrom<State>(
      null,
      0,
      '0',
      [],
      {},
      [null],
      { a: 1 },
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      [1, 2],
      [2, 1],
      false,
    );
    const sorted = (value: State): string =>
      JSON.stringify(value, (_name, item: unknown) =>
        typeof item === 'object' && item !== null && !Array.isArray(item)
          ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
          : item,
      );
    fc.assert(
      fc.property(
        fc.oneof(json, near),
        fc.oneof(json, near),
        (a, b) => sameStates(a, b) === (sorted(a) === sorted(b)),
      ),
    );
    fc.assert(fc.property(json, (a) => sameStates(a, JSON.parse(JSON.stringify(a)) as State)));
  });
});
