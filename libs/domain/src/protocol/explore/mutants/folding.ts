/** Mutants of the fold, and of the account of a range in slices. */
import type { Mutants } from './mutant';

export const FOLDING: Mutants = {
  fold: [
    {
      means: 'a reader does not see the generation that is served',
      was: 'version.g <= g',
      is: 'version.g < g',
      found: 'lines',
      within: 3,
    },
    {
      means: 'a reader sees what no pointer serves',
      was: 'versions.find((version) => version.g <= g)',
      is: 'versions[0]',
      found: 'lines',
      within: 2,
    },
    {
      means: 'what another run has made is dropped',
      was: 'version.g > change.from && version.g !== change.to',
      is: 'false',
      found: 'lines',
      within: 5,
    },
    {
      means: 'a version stays beside the one that replaces it',
      was: ' && version.g !== change.to',
      is: '',
      found: 'lines',
      within: 3,
    },
    {
      means: 'the base stands twice',
      was: 'version.g > change.from &&',
      is: 'version.g >= change.from &&',
      found: 'lines',
      within: 5,
    },
    {
      means: 'the base is dropped before the pointer moves',
      was: '...(base ? [base] : [])',
      is: '...[]',
      found: 'lines',
      within: 5,
    },
    {
      means: 'a range is folded into what it has made',
      was: 'versionAt(versions, change.from)',
      is: 'versionAt(versions, change.to)',
      found: 'lines',
      within: 3,
    },
    {
      means: 'versions stand oldest first',
      was: 'b.g - a.g',
      is: 'a.g - b.g',
      found: 'lines',
      within: 4,
    },
    {
      means: 'the base is left out',
      was: 'base ? mergeStates(specs, base.s, change.states) :',
      is: '',
      found: 'lines',
      within: 6,
    },
  ],
  slices: [
    {
      means: 'a slice counts as often as it lands',
      was: 'if (account.landed.includes(slice)) return account;',
      is: '',
      found: 'runs',
      within: 4,
    },
    {
      means: 'a slice that lands makes others forgotten',
      was: '[...account.landed, slice]',
      is: '[slice]',
      found: 'runs',
      within: 3,
    },
    {
      means: 'the commit makes the slices forgotten',
      was: '  ...account,\n  commit,',
      is: '  landed: [],\n  commit,',
      found: 'runs',
      within: 3,
    },
    {
      means: 'the pointer moves without the last slice',
      was: 'wanted.length === commit.slices',
      is: 'wanted.length >= commit.slices - 1',
      found: 'runs',
      within: 3,
    },
    {
      means: 'the pointer moves with more slices than there are',
      was: 'wanted.length === commit.slices',
      is: 'wanted.length >= commit.slices',
      equal: 'careless',
      because: 'Each slice is in the account once, and none whose number the commit does not know.',
    },
    {
      means: 'slices that the commit does not know count',
      was: 'landed.filter((slice) => slice < commit.slices)',
      is: 'landed',
      equal: 'careless',
      because: 'A run numbers its slices from 0 and its commit says how many there are: it has no others.',
    },
  ],
};
