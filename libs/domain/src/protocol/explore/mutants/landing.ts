/** Mutants of what lands and what a reader takes of it: which flush, and how far the epochs join on. */
import type { Mutants } from './mutant';

export const LANDING: Mutants = {
  flush: [
    {
      means: 'epochs behind the pointer land',
      was: 'flush.epoch < servedEpoch || ',
      is: '',
      found: 'lines',
      within: 4,
    },
    {
      means: 'the served epoch does not land',
      was: 'flush.epoch < servedEpoch',
      is: 'flush.epoch <= servedEpoch',
      found: 'kappa',
      within: 1,
    },
    {
      means: 'an older flush lands',
      was: ' || flush.to <= next',
      is: '',
      found: 'lambda',
      within: 2,
    },
    {
      means: 'a flush lands again',
      was: 'flush.to <= next',
      is: 'flush.to < next',
      equal: 'kappa',
      because: 'States are absolute: it writes again what is there.',
    },
    {
      means: 'a flush that joins on is a gap',
      was: 'flush.from <= next',
      is: 'flush.from < next',
      found: 'kappa',
      within: 0,
    },
    {
      means: 'what went missing is summed over',
      was: "flush.from <= next ? 'apply' : 'gap'",
      is: "'apply'",
      found: 'lambda',
      within: 1,
    },
    {
      means: 'a gap is not told',
      was: "'apply' : 'gap'",
      is: "'apply' : 'stale'",
      found: 'lambda',
      within: 1,
    },
  ],
  reach: [
    {
      means: 'the epoch at the cut is not read',
      was: 'one.epoch >= cutEpoch',
      is: 'one.epoch > cutEpoch',
      found: 'lines',
      within: 1,
    },
    {
      means: 'epochs behind the cut are looked at',
      was: 'progress.filter((one) => one.epoch >= cutEpoch)',
      is: '[...progress]',
      found: 'lines',
      within: 4,
    },
    {
      means: 'an epoch need not begin where the one before ended',
      was: 'one.epoch !== open || one.start !== included',
      is: 'one.epoch !== open',
      equal: 'kappa',
      because:
        'A barrier takes an offset, so that no two epochs begin at one place: number and start say the same.',
    },
    {
      means: 'an epoch need not be the one that follows',
      was: 'one.epoch !== open || one.start !== included',
      is: 'one.start !== included',
      equal: 'kappa',
      because:
        'A barrier takes an offset, so that no two epochs begin at one place: number and start say the same.',
    },
    {
      means: 'an epoch need not join on at all',
      was: 'if (one.epoch !== open || one.start !== included) return { epochs, included, open, gap: true };',
      is: '',
      found: 'lines',
      within: 1,
    },
    {
      means: 'an open epoch is passed over',
      was: 'if (!one.closed) return',
      is: 'if (false) return',
      equal: 'kappa',
      because:
        'The epoch that follows an open one is said to be itself, and a later one does not join on to its middle.',
    },
    {
      means: 'the missing end of an epoch is not told',
      was: 'gap: one !== ordered.at(-1)',
      is: 'gap: false',
      found: 'lambda',
      within: 2,
    },
    {
      means: 'an epoch that does not join on is not told',
      was: 'gap: true',
      is: 'gap: false',
      found: 'lines',
      within: 1,
    },
    {
      means: 'an epoch ends where it began',
      was: 'included = one.next',
      is: 'included = one.start',
      found: 'lines',
      within: 1,
    },
    {
      means: 'the epoch that follows has the next number',
      was: 'open = one.nextEpoch',
      is: 'open = one.epoch + 1',
      found: 'lanes',
      within: 1,
    },
    {
      means: 'a generation is folded when one lane has left its epochs',
      was: 'Math.min(...',
      is: 'Math.max(...',
      found: 'kappa',
      within: 4,
    },
  ],
};
