/** Mutants of how a lane is read: barriers, the judge, its dedupe window. */
import type { Mutants } from './mutant';

export const READING: Mutants = {
  cuts: [
    {
      means: 'a copy of a barrier ends the epoch again',
      was: 'barrier > cursor.epoch',
      is: 'barrier >= cursor.epoch',
      found: 'logs',
      within: 2,
    },
    {
      means: 'a barrier that skips numbers is ignored',
      was: 'barrier > cursor.epoch',
      is: 'barrier === cursor.epoch + 1',
      found: 'lanes',
      within: 1,
    },
    {
      means: 'an older barrier of a second writer ends the epoch',
      was: 'barrier > cursor.epoch',
      is: 'barrier !== cursor.epoch',
      found: 'kappa',
      within: 2,
    },
    {
      means: 'the barrier belongs to the epoch that it begins',
      was: 'start: offset + 1',
      is: 'start: offset',
      found: 'lambda',
      within: 3,
    },
  ],
  judge: [
    {
      means: 'a reader begins at its first offset, without the dedupe window',
      was: 'Math.max(0, this.from - this.window)',
      is: 'this.from',
      found: 'lambda',
      within: 2,
    },
    {
      means: 'a reader begins one record late',
      was: 'Math.max(0, this.from - this.window)',
      is: 'Math.max(0, this.from - this.window + 1)',
      found: 'lambda',
      within: 2,
    },
    {
      means: 'records before the first offset are not remembered',
      was: 'identity === undefined ?',
      is: 'identity === undefined || offset < this.from ?',
      found: 'lambda',
      within: 2,
    },
    {
      means: 'records before the first offset count',
      was: "if (offset < this.from) return 'before';\n    this.from = offset + 1;\n    return verdict",
      is: 'this.from = offset + 1;\n    return verdict',
      found: 'lambda',
      within: 2,
    },
    {
      means: 'the first event does not count',
      was: "if (offset < this.from) return 'before';\n    this.from = offset + 1;\n    return verdict",
      is: "if (offset <= this.from) return 'before';\n    this.from = offset + 1;\n    return verdict",
      found: 'lines',
      within: 1,
    },
    {
      means: 'barriers before the first offset end epochs',
      was: "if (offset < this.from) return 'before';\n    this.from = offset + 1;\n    const",
      is: 'this.from = offset + 1;\n    const',
      found: 'lambda',
      within: 2,
    },
    {
      means: 'a duplicate counts',
      was: "return verdict === 'new' ? 'event' : verdict",
      is: "return 'event'",
      found: 'kappa',
      within: 1,
    },
    {
      means: 'an event does not move the next offset',
      was: 'this.from = offset + 1;\n    return verdict',
      is: 'return verdict',
      found: 'kappa',
      within: 1,
    },
    {
      means: 'a barrier does not end the epoch',
      was: '    this.at = passed;\n',
      is: '',
      found: 'lines',
      within: 1,
    },
  ],
  dedupe: [
    {
      means: 'the window is one record short',
      was: 'Math.max(0, offset - this.window)',
      is: 'Math.max(0, offset - this.window + 1)',
      found: 'lambda',
      within: 2,
    },
    {
      means: 'the window is one record long',
      was: 'Math.max(0, offset - this.window)',
      is: 'Math.max(0, offset - this.window - 1)',
      found: 'logs',
      within: 4,
    },
    {
      means: 'other data under an id is a duplicate',
      was: "=== data ? 'duplicate' : 'conflict'",
      is: "=== data ? 'duplicate' : 'duplicate'",
      found: 'logs',
      within: 2,
    },
  ],
};
