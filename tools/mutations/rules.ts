/** The rules themselves. Their exploration (libs/domain/src/protocol/explore) has a longer list of its own. */
import { inFile } from './mutation';

const PROTOCOL = 'libs/domain/src/protocol';
const specs = (name: string) => [`${PROTOCOL}/${name}.spec.ts`];

export const RULES = [
  ...inFile(`${PROTOCOL}/flush.ts`, specs('flush'), [
    ['epochs behind the pointer land', 'flush.epoch < servedEpoch || ', ''],
    ['what went missing is summed over', "flush.from <= next ? 'apply' : 'gap'", "'apply'"],
  ]),
  ...inFile(`${PROTOCOL}/fold.ts`, specs('fold'), [
    ['another run’s versions are dropped', 'version.g > change.from && version.g !== change.to', 'false'],
  ]),
  ...inFile(`${PROTOCOL}/reach.ts`, specs('reach'), [
    [
      'an epoch need not begin where the one before ended',
      'one.epoch !== open || one.start !== included',
      'false',
    ],
    ['the end of an epoch that went missing is not seen', 'gap: one !== ordered.at(-1)', 'gap: false'],
  ]),
  ...inFile(`${PROTOCOL}/stretches.ts`, specs('stretches'), [
    ['an open epoch is folded', 'parts.filter((part) => part.closed)', 'parts'],
    [
      'what prune may have been in is folded',
      '!isBehind(pointer, lane, (run[0] as LandedPart).epoch)',
      'true',
    ],
    ['a stretch ends where its first part ends', 'next: last.next,', 'next: first.next,'],
    ['a stretch that no pointer can begin at stays', '!isBehind(pointer, lane, one.epoch)', 'true'],
    [
      'what lies beyond a gap is not seen',
      'return [...parts, ...progress',
      'return [...parts, ...progress.slice(0, 0)',
    ],
  ]),
  ...inFile(`${PROTOCOL}/pointer.ts`, specs('pointer'), [
    [
      'an incremental range of the line before is taken',
      'range.line !== pointer.line || range.hash',
      'range.hash',
    ],
    ['a full range that others have overtaken is taken', ' || range.to < pointer.generation', ''],
    ['a range need not begin at the served generation', 'range.from !== pointer.generation || ', ''],
    ['states of another definition are built on', ' || range.hash !== pointer.hash', ''],
    ['the ledger of a new line counts on', 'anew ? move.ledger : ', ''],
  ]),
  ...inFile(`${PROTOCOL}/slices.ts`, specs('slices'), [
    ['a slice counts twice', 'if (account.landed.includes(slice)) return account;', ''],
  ]),
  ...inFile(`${PROTOCOL}/judge.ts`, specs('judge'), [
    [
      'what was read for the dedupe window counts',
      "if (offset < this.from) return 'before';\n    this.from = offset + 1;\n    return verdict",
      'this.from = offset + 1;\n    return verdict',
    ],
    [
      'a reader begins at what counts, without the window before',
      'Math.max(0, this.from - this.window)',
      'this.from',
    ],
    ['the epoch stays', 'this.at = passed;', ''],
  ]),
  ...inFile(`${PROTOCOL}/archive.ts`, specs('archive'), [
    ['what lies behind a gap is archived', "if (from > next) return 'gap';", ''],
    ['what others have archived is named again', "to <= next ? 'held' : 'append'", "'append'"],
  ]),
  ...inFile(`${PROTOCOL}/cuts.ts`, specs('judge'), [
    ['a copy of a barrier ends another epoch', 'barrier > cursor.epoch', 'barrier >= cursor.epoch'],
    ['an epoch begins with its barrier', 'start: offset + 1', 'start: offset'],
  ]),
  ...inFile(`${PROTOCOL}/retention.ts`, specs('retention'), [
    [
      'rows come back where a barrier has an earlier time',
      'Math.max(before.horizon ?? -Infinity, now)',
      'now',
    ],
    ['the latest barrier of a cut decides', 'Math.min(earliest, appended)', 'appended'],
    ['a row goes as its window ends a moment later', 'last.end <= horizon', 'last.end < horizon'],
  ]),
] as const;
