import { didYouMean, nearest } from './nearest';

it.each([
  ['topologie', 'topology'],
  ['verison', 'version'],
  ['KEY', 'key'],
  ['retenton', 'retention'],
])('%s is taken for %s', (word, meant) => {
  expect(nearest(word, ['key', 'version', 'topology', 'retention'])).toBe(meant);
});

it('offers nothing far-fetched, but names what there is', () => {
  expect(nearest('colour', ['key', 'time'])).toBeUndefined();
  expect(didYouMean('colour', ['key', 'time'], 'keys')).toBe('Known keys: key, time.');
  expect(didYouMean('colour', [], 'fields')).toBe('There are no fields.');
});
