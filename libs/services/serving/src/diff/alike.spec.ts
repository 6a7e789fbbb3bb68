import type { Plan, PlanMeasure } from '@tenon/domain';
import { alikeStates } from './alike';

const measure = (fn: string, states: readonly number[], params?: PlanMeasure['params']): PlanMeasure => ({
  ...{ fn, states, type: 'BIGINT' },
  ...(params && { params }),
});
const column = (name: string, index: number, role = 'measure') => ({ name, role, type: 'BIGINT', index });
const key = { name: 'k', role: 'key', type: 'VARCHAR', index: 0 };

const planOf = (
  measures: readonly PlanMeasure[],
  columns: readonly unknown[],
  { states = ['count', 'sum', 'max'], sql = 'SELECT', finalize = null as string | null } = {},
) =>
  ({
    ...{ measures, columns: [key, ...columns], sql, key: [{ column: 'k', type: 'VARCHAR' }] },
    ...{ states: states.map((kind) => ({ kind })), engine: { finalize } },
  }) as unknown as Plan;

const BASE = planOf([measure('count', [0]), measure('avg', [0, 1])], [column('n', 0), column('mean', 1)]);

test('plans that make the same of states are alike, whatever goes into the states', () => {
  expect(alikeStates(BASE, { ...BASE, sql: 'SELECT … FILTER (…)' } as Plan)).toBe('all');
});

test('of a plan with other columns beside, the states of those that both have tell', () => {
  const more = planOf(
    [measure('max', [0]), measure('avg', [1, 2]), measure('count', [1])],
    [column('most', 0), column('mean', 1), column('n', 2)],
    { states: ['max', 'count', 'sum'] },
  );
  expect(alikeStates(BASE, more)).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

test.each<[string, Plan]>([
  ['a measure of another kind', planOf([measure('sum', [0])], [column('n', 0)])],
  ['of other states', planOf([measure('count', [2])], [column('n', 0)])],
  ['with another constant', planOf([measure('count', [0], { k: 3 })], [column('n', 0)])],
  ['an expression', planOf([measure('count', [0])], [column('n', 0, 'expression')])],
  ['HAVING', planOf(BASE.measures, BASE.columns.slice(1), { sql: 'SELECT … having n > 1' })],
])('rows are made to be compared with %s', (_, other) => {
  expect(alikeStates(BASE, other)).toBeNull();
  expect(alikeStates(other, BASE)).toBeNull();
});
