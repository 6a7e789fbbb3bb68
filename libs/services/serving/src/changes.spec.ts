import fc from 'fast-check';
import { Changes } from './changes';

const cells = fc.option(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 }), { nil: null });

test('tell whoever knows a change which cells changed after it, or that it has to begin anew', () => {
  fc.assert(
    fc.property(fc.array(cells, { maxLength: 12 }), fc.nat(14), (changes, known) => {
      const account = new Changes(5);
      for (const change of changes) account.add(change);
      expect(account.last).toBe(changes.length);
      const after = changes.slice(known);
      const isKnown = known <= changes.length && known >= changes.length - 5 && !after.includes(null);
      expect(account.since(known)).toEqual(isKnown ? new Set(after.flat()) : null);
    }),
  );
});

test('know nothing of the time before they were forgotten', () => {
  const account = new Changes(5);
  account.add(['a']);
  account.forget();
  account.add(['b']);
  expect(account.since(1)).toBeNull();
  expect(account.since(2)).toEqual(new Set(['b']));
});

test('are gathered once for all who know as much', () => {
  const account = new Changes(5);
  account.add(['a']);
  expect(account.since(0)).toBe(account.since(0));
});

test('are too many to tell one by one at some point', () => {
  const account = new Changes(5);
  account.add(Array.from({ length: 5_001 }, (_, cell) => String(cell)));
  expect(account.since(0)).toBeNull();
});
