/** Mutants of what closed epochs move the pointer to, of what lies behind it, and of what it sums up. */
import type { Mutants } from './mutant';

export const CLOSED: Mutants = {
  pointer: [
    {
      means: 'all that a lane includes is folded',
      was: '!isClosedBefore(one.epoch, to) || ',
      is: '',
      found: 'kappa',
      within: 7,
    },
    {
      means: 'epochs behind the cut are folded again',
      was: ' || !reach.epochs.includes(one.epoch)',
      is: '',
      found: 'kappa',
      within: 10,
    },
    {
      means: 'a lane without a closed epoch is cut at its beginning',
      was: 'cut[lane] = pointer.cut[lane] ?? 0',
      is: 'cut[lane] = 0',
      found: 'kappa',
      within: 10,
    },
    {
      means: 'a lane without a closed epoch is at epoch 0',
      was: 'epochs[lane] = pointer.epochs[lane] ?? 0',
      is: 'epochs[lane] = 0',
      found: 'kappa',
      within: 10,
    },
    {
      means: 'the cut lies at the epoch with the next number',
      was: 'Math.max(epochs[lane] ?? 0, one.nextEpoch)',
      is: 'Math.max(epochs[lane] ?? 0, one.epoch + 1)',
      found: 'kappa',
      within: 6,
    },
    {
      means: 'the cut lies where the last epoch begins',
      was: 'Math.max(cut[lane] ?? 0, one.next)',
      is: 'Math.max(cut[lane] ?? 0, one.start)',
      found: 'kappa',
      within: 6,
    },
    {
      means: 'the ledger of a fold is that of one epoch',
      was: 'ledger = addLedgers(ledger, one.ledger)',
      is: 'ledger = one.ledger',
      found: 'kappa',
      within: 6,
    },
    {
      means: 'the watermark of a fold is that of the last epoch',
      was: 'watermark = laterOf(watermark, one.watermark)',
      is: 'watermark = one.watermark',
      found: 'kappa',
      within: 9,
    },
    {
      means: 'the barriers of closed epochs are forgotten',
      was: 'if (one.next > (cut[lane] ?? 0) && one.closedAt !== null) barriers[lane] = one.closedAt;',
      is: '',
      found: 'kappa',
      within: 6,
    },
    {
      means: 'generation k holds epoch k',
      was: 'epoch < epochAfter(to)',
      is: 'epoch <= epochAfter(to)',
      found: 'kappa',
      within: 7,
    },
    {
      means: 'the epoch at the cut is behind it',
      was: '  epoch < (served.epochs[lane] ?? 0)',
      is: '  epoch <= (served.epochs[lane] ?? 0)',
      found: 'lines',
      within: 2,
    },
    {
      means: 'nothing is behind',
      was: '  epoch < (served.epochs[lane] ?? 0)',
      is: '  false',
      found: 'lines',
      within: 5,
    },
    {
      means: 'behind is what the generation says',
      was: '  epoch < (served.epochs[lane] ?? 0)',
      is: '  Number(epoch) < Number(served.generation)',
      equal: 'kappa',
      because: 'A lane whose cut lies at a later epoch has none between: their numbers were skipped.',
    },
    {
      means: 'the earlier watermark stays',
      was: 'Math.max(a, b)',
      is: 'Math.min(a, b)',
      found: 'kappa',
      within: 6,
    },
  ],
  ledger: [
    {
      means: 'control records are counted once',
      was: 'control: a.control + b.control',
      is: 'control: a.control',
      found: 'lines',
      within: 6,
    },
  ],
};
