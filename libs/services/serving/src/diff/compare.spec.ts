import type { Plan, Value } from '@tenon/domain';
import type { Engine } from '@tenon/ports';
import type { ComparedSide } from './compare';
import { compareCells } from './compare';
import { conditionProblem, parseCondition } from './condition';
import type { DiffAnswer } from './diff';
import { DIFFERENCE_KINDS } from './row-differences';
import { parseSide } from './sides';
import { differenceOf, isEqual, numberOf } from './values';

const column = (name: string, role: 'key' | 'measure', type = 'BIGINT') => ({ name, role, type, index: 0 });
const planOf = (columns: readonly ReturnType<typeof column>[], sql = ''): Plan =>
  ({
    columns,
    sql,
    key: [{ column: 'k', type: 'VARCHAR' }],
    states: [],
    measures: [],
    engine: { finalize: null },
  }) as unknown as Plan;

/** A row is its key and its states; one whose first state is negative is left out, as by HAVING. */
let finalized = 0;
const engine: Pick<Engine, 'finalize'> = {
  finalize: (_, cells) => {
    finalized += cells.length;
    return Promise.resolve(
      cells.map(({ key, states }) =>
        (states[0] as number) < 0
          ? null
          : { values: [...key, ...(states as Value[])], approximate: [], errors: [] },
      ),
    );
  },
};

type Rows = ReadonlyMap<string, readonly number[]>;
interface Cell {
  readonly id: string;
  readonly key: readonly Value[];
  readonly states: readonly number[];
}

/** Some at a time, and sometimes none. */
async function* piecesOf(rows: Rows): AsyncGenerator<readonly Cell[]> {
  const cells = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  for (let at = 0, size = 0; at < cells.length; at += size, size = (size * 7 + 3) % 301)
    yield cells.slice(at, at + size).map(([key, states]) => ({ id: key, key: [key], states }));
}

const sideOf = (plan: Plan, rows: Rows): ComparedSide<Cell> => ({
  plan,
  pieces: piecesOf(rows),
  merged: (cell) => cell,
});

const PLAN = planOf(
  [column('k', 'key', 'VARCHAR'), column('n', 'measure'), column('m', 'measure')],
  'HAVING',
);

const compare = (a: Rows, b: Rows, most = 1000, by: string | null = 'n', plan = PLAN, only = {}) =>
  compareCells(engine, sideOf(plan, a), sideOf(plan, b), { by, most, ...only });

test('whatever the rows are, it says what plain sets say', async () => {
  let seed = 11;
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  for (let world = 0; world < 60; world++) {
    const rows = () =>
      new Map(
        Array.from({ length: random(1500) }, () => [`k${random(1200)}`, [random(8) - 1, random(3)]] as const),
      );
    const [a, b] = [rows(), rows()];
    const shown = (side: Rows) => new Map([...side].filter(([, [n = 0]]) => n >= 0));
    const [left, right] = [shown(a), shown(b)];
    const both = [...left].filter(([key]) => right.has(key));
    const changed = both.filter(([key, row]) => JSON.stringify(row) !== JSON.stringify(right.get(key)));
    const compared = await compare(a, b, 20);
    expect(compared.counts).toEqual({
      same: both.length - changed.length,
      changed: changed.length,
      onlyA: left.size - both.length,
      onlyB: right.size - both.length,
    });
    const of = (index: number) =>
      changed.map(([key, row]) => (right.get(key)?.[index] ?? 0) - (row[index] ?? 0));
    expect(compared.columns.map(({ changed: count }) => count)).toEqual(
      [0, 1].map((index) => of(index).filter((one) => one !== 0).length),
    );
    expect(compared.columns.map(({ largest }) => Math.abs(largest ?? 0))).toEqual(
      [0, 1].map((index) => Math.max(0, ...of(index).map(Math.abs))),
    );
    const sizes = [
      ...of(0).map(Math.abs),
      ...[...left].filter(([key]) => !right.has(key)).map(([, [n = 0]]) => n),
      ...[...right].filter(([key]) => !left.has(key)).map(([, [n = 0]]) => n),
    ].sort((x, y) => y - x);
    const sizeOf = ({ a: x, b: y }: (typeof compared.rows)[number]) =>
      x === null || y === null ? Number((x ?? y)?.['n']) : Math.abs(Number(y['n']) - Number(x['n']));
    expect(compared.rows.map(sizeOf)).toEqual(sizes.slice(0, 20));
    if (world >= 8) continue;
    const all = await compare(a, b, 3000);
    for (const kind of DIFFERENCE_KINDS) {
      const only = await compare(a, b, 20, 'n', PLAN, { kind });
      expect(only.counts).toEqual(compared.counts);
      expect(only.rows).toEqual(all.rows.filter((row) => row.kind === kind).slice(0, 20));
    }
  }
});

test('rows of equal states are not made where both plans make the same of them', async () => {
  const plan = planOf(PLAN.columns as Parameters<typeof planOf>[0]);
  const rows = new Map(Array.from({ length: 3000 }, (_, n) => [`k${n}`, [n, 1]] as const));
  finalized = 0;
  const { counts } = await compare(rows, new Map([...rows, ['k7', [8, 1]]]), 10, 'n', plan);
  expect([counts, finalized]).toEqual([{ same: 2999, changed: 1, onlyA: 0, onlyB: 0 }, 2]);
});

test('without a column to rank by, rows with more columns that differ come first', async () => {
  const a = new Map([
    ['x', [1, 1]],
    ['y', [1, 1]],
  ] as const);
  const b = new Map([
    ['x', [1, 2]],
    ['y', [2, 2]],
  ] as const);
  expect((await compare(a, b, 10, null)).rows.map(({ key }) => key['k'])).toEqual(['y', 'x']);
});

test('numbers are equal by their digits, however they are written', () => {
  expect(isEqual('1.50', 1.5)).toBe(true);
  expect(isEqual('-0.0', 0)).toBe(true);
  expect(isEqual('9007199254740993', '9007199254740992')).toBe(false);
  expect(isEqual('0x10', 16)).toBe(false);
  expect(isEqual(null, 0)).toBe(false);
  expect(isEqual([1, { a: 2 }], [1, { a: 2 }])).toBe(true);
  expect(differenceOf('9007199254740993', '9007199254740995')).toBe(2);
  expect(differenceOf(null, 3)).toBe(3);
  expect(differenceOf(128.95, 90.93)).toBe(-38.02);
  expect(differenceOf('0.1', 0.3)).toBe(0.2);
  expect(differenceOf(1e-9, 2e-9)).toBe(1e-9);
  expect(differenceOf(1e-9, 0.5)).toBe(0.499999999);
  expect(differenceOf('a', 'b')).toBeNull();
  expect(numberOf('Infinity')).toBeNull();
});

test.each([
  ['2', { version: 2, asOf: null }],
  ['2@14', { version: 2, asOf: '14' }],
  ['@14@1', { version: null, asOf: '14@1' }],
])('%s is a side', (text, side) => expect(parseSide('a', text)).toEqual(side));

test.each(['', '@', 'x', '2@', '1.5'])('%p is none', (text) =>
  expect(() => parseSide('a', text)).toThrow(/a is a version/),
);

test('conditions are comparisons with counts, all of which must hold', () => {
  const counts = { same: 10, changed: 3, onlyA: 0, onlyB: 1, different: 4 };
  const holds = (text: string) => parseCondition(text)?.(counts);
  expect(['changed < 4', 'changed<4 and onlyA = 0', 'different != 3 && same >= 10'].map(holds)).toEqual([
    ...[true, true, true],
  ]);
  expect(['changed < 3', 'changed < 4 and onlyB = 0'].map(holds)).toEqual([false, false]);
  for (const text of ['', 'changed', 'changed < x', 'rows < 3', 'changed < 3 or same > 1', 'changed < -1'])
    expect(holds(text)).toBeUndefined();
  const answer = { counts, a: { version: 1 }, b: { version: 2, generation: 7 } } as unknown as DiffAnswer;
  expect(conditionProblem('changed < 4', answer)).toBeNull();
  expect(conditionProblem('changed < 3', answer)).toMatchObject({
    code: 'condition-not-met',
    message:
      '"changed < 3" does not hold between v1 and v2 at generation 7: same 10, changed 3, onlyA 0, onlyB 1, different 4.',
  });
  expect(conditionProblem('x', answer)).toMatchObject({ code: 'bad-condition' });
});

test('without a column, rows come by their largest difference in any one, in relation to its values; among equals by size', async () => {
  const [a, b] = [
    new Map([
      ['big', [1_000_000, 5]],
      ['small', [4, 5]],
      ['other', [7, 100]],
      ['gone', [2, 1]],
      ['same', [1, 1]],
    ]),
    new Map([
      ['big', [1_100_000, 5]],
      ['small', [1, 5]],
      ['other', [7, 10]],
      ['new', [900, 1]],
      ['same', [1, 1]],
    ]),
  ];
  const { rows } = await compare(a, b, 10, null);
  // 1 of 900, 1 of 2, 0.9 of 100, 0.75 of 4, 0.09 of a million.
  expect(rows.map(({ key }) => key['k'])).toEqual(['new', 'gone', 'other', 'small', 'big']);
  const { rows: bySize } = await compare(a, b, 10, 'n');
  expect(bySize.map(({ key }) => key['k'])).toEqual(['big', 'new', 'small', 'gone', 'other']);
});
