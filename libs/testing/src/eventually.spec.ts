import { eventually } from './eventually';

test('it gives what the condition gives at last', async () => {
  let tries = 0;
  expect(await eventually('three tries', () => (++tries < 3 ? undefined : `try ${tries}`))).toBe('try 3');
});

test('in vain, it says what was waited for, or throws what the condition threw', async () => {
  await expect(eventually('the impossible', () => false, { timeoutMs: 10 })).rejects.toThrow(
    'the impossible',
  );
  const failing = eventually('the impossible', () => expect(1).toBe(2), { timeoutMs: 10 });
  await expect(failing).rejects.toThrow('Expected: 2');
});
