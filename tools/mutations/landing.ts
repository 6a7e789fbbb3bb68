/** What lands: flushes, ranges, folds, marks. */
import { inFile } from './mutation';

const CONSUMPTION = 'libs/services/consumption/src';
const specs = (...names: readonly string[]) => names.map((name) => `${CONSUMPTION}/${name}.spec.ts`);

export const LANDING = [
  ...inFile(`${CONSUMPTION}/landing/flushes.ts`, specs('landing/flushes'), [
    [
      'a flush without an end lands',
      "if (end === undefined) return 'stale';",
      'if (end === undefined) return "gap";',
    ],
    ['a flush is judged by its own beginning', 'progress?.next ?? flush.start', 'flush.start'],
    ['epochs behind the pointer are not known', 'pointer.epochs[lane] ?? 0', '0'],
    ['a gap lands', "if (verdict !== 'apply') return verdict;", "if (verdict === 'stale') return verdict;"],
    ['the progress says where the flush began', 'next: flush.to,', 'next: flush.from,'],
    ['an epoch is never closed', 'closed: end.closed,', 'closed: false,'],
    ['the epoch after is the one that is counted next', 'nextEpoch: end.next,', 'nextEpoch: epoch + 1,'],
    [
      'cells land in another lane',
      'laneNumber(layout.sources, { source, partition }));\n  for',
      '0);\n  for',
    ],
  ]),
  ...inFile(`${CONSUMPTION}/landing/fold-cells.ts`, specs('landing/fold-cells'), [
    ['a new cell has the version that the fold began at', '"g":${target.to}', '"g":${target.from}'],
    ['a cell that is there is written over', 'if (document === undefined) {', 'if (true) {'],
    [
      'a final row is never amended',
      'amended: isOver(layout.plan.window, document.k[0], watermark),',
      'amended: false,',
    ],
  ]),
  ...inFile(`${CONSUMPTION}/landing/ranges.ts`, specs('landing/ranges', 'landing/ranges-stale'), [
    [
      'a part of a range of the past lands',
      'if (target === null) return { stale: pointer, moved: null };\n  await foldCells',
      'if (target === null) return LANDED;\n  await foldCells',
    ],
    ['a slice counts with its first part', 'if (!whole) return LANDED;', ''],
    [
      'the pointer moves at the commit, whatever has landed',
      'const move = commitOfWhole({ landed, commit });',
      'const move = commit;',
    ],
    ['the account is lost', "tx.put('meta', key, document);", ''],
    ['the account stays', "tx.delete('meta', key);", ''],
    [
      'the account is of the product',
      'STORE_KEYS.range(layout.product, range)',
      "STORE_KEYS.range(layout.product, '')",
    ],
  ]),
  ...inFile(`${CONSUMPTION}/flushes/flush-loop.ts`, specs('flushes/flush-loop'), [
    ['half a flush lands', "if (verdict !== 'whole') return;", "if (verdict === 'useless') return;"],
    [
      'states of another definition land',
      'message.product !== product || message.hash !== plan.hash) return;',
      'message.product !== product) return;',
    ],
    [
      'half a flush is not read again',
      '[partition, resume]',
      '[partition, this.reader.held.get(partition)!.next]',
    ],
    ['what stands before a newer message does not land', 'if (read.newer !== null) await this.land();', ''],
    ['the offsets are not kept', 'putMarks(tx, this.topic, marks);', ''],
  ]),
  ...inFile(`${CONSUMPTION}/ranges/range-loop.ts`, specs('ranges/range-loop'), [
    [
      'a slice is whole with its last frame, come what may',
      "verdict === 'whole' && last",
      'message.end !== undefined && last',
      'A frame with an end is whole or useless (the assembler says which), and useless ones have gone by then.',
    ],
    [
      'a slice is whole with the first part of its last frame',
      "verdict === 'whole' && last, now",
      "verdict === 'whole', now",
    ],
    ['a range of another definition lands', ' || read.message.hash !== plan.hash', ''],
    ['the rest of a stale slice is landed', 'held.assembler.forget(message.id);', ''],
  ]),
  ...inFile(`${CONSUMPTION}/ranges/fold-closed.ts`, specs('ranges/fold-closed'), [
    [
      'what was read of the past is written',
      'if (!isServed(view, await readPointer(tx, layout))) return false;',
      '',
    ],
    ['the pointer moves, whoever was quicker', 'if (!isServed(view, served)) return null;', ''],
    [
      'a generation that is served is folded',
      'if (to <= pointer.generation) return null;',
      'if (to < pointer.generation) return null;',
    ],
    [
      'the last part is not folded',
      'part.length < config.foldCells ? null',
      'part.length <= config.foldCells ? null',
    ],
  ]),
  ...inFile(`${CONSUMPTION}/position.ts`, specs('position', 'flushes/flush-loop', 'ranges/range-loop'), [
    [
      'a partition is read from its beginning',
      "snapshot.get<Offset>('meta', key))) ?? 0",
      "snapshot.get<Offset>('meta', key))) && 0",
    ],
    ['the mark is the next offset', 'return this.assembler.resumeAt(this.next);', 'return this.next;'],
  ]),
  ...inFile(`${CONSUMPTION}/prune.ts`, specs('prune', 'pruner'), [
    [
      'epochs that readers take are deleted',
      'lane !== undefined && isBehind(',
      'lane !== undefined || isBehind(',
    ],
    [
      'the oldest line that is kept is deleted',
      'lt: STORE_KEYS.base(product, oldest.line) }',
      'lt: STORE_KEYS.base(product, oldest.line + 1) }',
    ],
    [
      'the account of a range that may still be served is deleted',
      'account.to < served.generation',
      'account.to <= served.generation',
    ],
  ]),
  ...inFile(`${CONSUMPTION}/prune-rows.ts`, specs('prune'), [
    [
      'rows that an answer still has are deleted',
      'isPastRetention(layout.plan, value.k[0], horizon)',
      'true',
    ],
    ['only the oldest line that is kept is looked at', 'line <= last', 'line <= oldest.line'],
  ]),
] as const;
