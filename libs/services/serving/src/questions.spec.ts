import { encodeReceipt } from '@tenon/contracts';
import type { Plan } from '@tenon/domain';
import { Questions } from './questions';

const plan = {
  ...{ product: 'p', source: 's', window: null },
  key: [{ column: 'g', type: 'VARCHAR' }],
} as unknown as Plan;

test('a question that is written as one before is the same, and any other is its own', () => {
  const questions = new Questions(plan);
  const a = questions.of({ search: 'g=a', query: { g: 'a' } });
  expect(questions.of({ search: 'g=a', query: { g: 'a' } })).toBe(a);
  expect(questions.of({ search: 'g=b', query: { g: 'b' } }).where).toMatchObject([{ text: 'b' }]);
  for (let n = 0; n < 3_000; n++) questions.of({ search: `g=${n}`, query: { g: String(n) } });
  expect(questions.of({ search: 'g=a', query: { g: 'a' } })).toEqual(a);
});

test('what is refused is refused again, and a receipt is not remembered', () => {
  const questions = new Questions(plan);
  for (let turn = 0; turn < 2; turn++)
    expect(() => questions.of({ search: 'x=1', query: { x: '1' } })).toThrow('x is no dimension');
  const asked = { search: 'after=r', query: { after: encodeReceipt({ s: { '0': 1 } }) } };
  expect(questions.of(asked)).not.toBe(questions.of(asked));
});
