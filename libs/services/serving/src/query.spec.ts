/** What parameters of a rows request mean, whatever columns are called. */
import { ROWS_OPTIONS } from '@tenon/contracts';
import type { Plan, SqlType, Value } from '@tenon/domain';
import type { HttpProblem } from '@tenon/errors';
import { valuesOf } from './dimension-values';
import { makeCursor, matches, parseLiveQuery, parseRowsQuery } from './query';

const planOf = (...columns: readonly (readonly [column: string, type: SqlType])[]) =>
  ({
    ...{ product: 'p', source: 's', window: null },
    key: columns.map(([column, type]) => ({ column, type })),
  }) as unknown as Plan;

const codeOf = (ask: () => unknown): string => {
  try {
    ask();
  } catch (error) {
    return (error as HttpProblem).code;
  }
  return 'none';
};

describe('NULL and the empty text', () => {
  const plan = planOf(['s', 'VARCHAR']);
  const finds = (query: Record<string, string>, key: Value) =>
    matches(parseRowsQuery(plan, query).where, [key]);

  it('are asked for apart', () => {
    expect([finds({ s: '' }, ''), finds({ s: '' }, null)]).toEqual([true, false]);
    expect([finds({ 'null.s': 'true' }, ''), finds({ 'null.s': 'true' }, null)]).toEqual([false, true]);
    expect(parseRowsQuery(plan, { s: '' }).range.fixed).toEqual([['']]);
    expect(parseRowsQuery(plan, { 'null.s': 'true' }).range.fixed).toEqual([[null]]);
  });

  it('are the same where a type has no empty text', () => {
    for (const type of [
      'BIGINT',
      'DOUBLE',
      'DATE',
      'TIMESTAMP',
      'BOOLEAN',
      'DECIMAL(9,2)',
      'UUID',
      'INTERVAL',
    ]) {
      const { where } = parseRowsQuery(planOf(['x', type]), { x: '' });
      expect([type, matches(where, [null])]).toEqual([type, true]);
      expect(valuesOf(type, '')).toContain(null);
    }
  });

  it('refuse another word than true, and to be asked for twice', () => {
    expect(codeOf(() => parseRowsQuery(plan, { 'null.s': 'false' }))).toBe('bad-parameter');
    expect(codeOf(() => parseRowsQuery(plan, { s: 'a', 'where.s': 'b' }))).toBe('repeated-parameter');
    expect(codeOf(() => parseRowsQuery(plan, { s: 'a', 'null.s': 'true' }))).toBe('repeated-parameter');
    expect(codeOf(() => parseRowsQuery(plan, { limit: '1', 'option.limit': '2' }))).toBe(
      'repeated-parameter',
    );
    expect(codeOf(() => parseRowsQuery(plan, { 'where.t': 'a' }))).toBe('unknown-parameter');
    expect(codeOf(() => parseRowsQuery(plan, { 'option.s': 'a' }))).toBe('unknown-parameter');
  });
});

describe.each(ROWS_OPTIONS)('a column called %s', (name) => {
  const plan = planOf([name, 'VARCHAR'], [`where.${name}`, 'VARCHAR']);

  it('goes before the option, and has a name that nothing else has', () => {
    const asked = { [name]: 'a', [`where.where.${name}`]: 'b' };
    expect(parseRowsQuery(plan, asked).where.map(({ part, text }) => [part, text])).toEqual([
      [0, 'a'],
      [1, 'b'],
    ]);
    expect(parseRowsQuery(plan, { [`where.${name}`]: 'a' }).where).toMatchObject([{ part: 0, text: 'a' }]);
    expect(parseRowsQuery(plan, { 'option.limit': '7', 'option.order': 'desc' })).toMatchObject({
      limit: 7,
      where: [],
      range: { reverse: true },
    });
  });

  it('is part of the question that a cursor is for', () => {
    const cursor = makeCursor('x', parseRowsQuery(plan, { [name]: 'a', 'option.limit': '1' }));
    const next = { [`where.${name}`]: 'a', 'option.cursor': cursor, 'option.limit': '5' };
    expect(parseRowsQuery(plan, next).limit).toBe(5);
    expect(codeOf(() => parseRowsQuery(plan, { ...next, [`where.${name}`]: 'b' }))).toBe('bad-parameter');
  });

  it('is asked for by live updates too', () => {
    expect(parseLiveQuery(plan, { [name]: 'a' }, 500)).toMatchObject({ limit: 500, where: [{ text: 'a' }] });
    expect(codeOf(() => parseLiveQuery(plan, { 'option.cursor': 'a' }, 500))).toBe('unknown-parameter');
  });
});
