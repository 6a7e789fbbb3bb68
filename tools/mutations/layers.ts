/** What the layers make of the log: speed's rounds and flushes, batch's archive and ranges; frames on the wire. */
import { inFile } from './mutation';

const FRAMES = 'libs/contracts/src/frames';
const SPEED = 'libs/services/speed/src';
const BATCH = 'libs/services/batch/src';
const ARCHIVE = 'libs/archive/src';

export const LAYERS = [
  ...inFile(
    'libs/contracts/src/records.ts',
    [`${SPEED}/records.spec.ts`, `${BATCH}/archive/archiver.spec.ts`],
    [
      ['control records are events', 'if (!isControl(record)) {', 'if (true) {'],
      ['barriers are of no matter', '?.epoch ?? null);', '?.epoch && null);'],
    ],
  ),
  ...inFile(
    `${FRAMES}/assembler.ts`,
    [`${FRAMES}/assembler.spec.ts`],
    [
      [
        'a frame that comes again spoils the rest',
        'if (seq !== pending.frames) {',
        'if (seq > pending.frames) {',
      ],
      [
        'frames that went missing are not missed',
        'end.frames === pending.frames && ',
        '',
        'The end mark is a frame: its number has been compared, and numbers count up.',
      ],
      [
        'cells that went missing are not missed',
        ' && end.cells === pending.cells',
        '',
        'Frames are counted, and each has its cells under its checksum: a frame can lose none unseen. It stands as a check of the writer.',
      ],
      ['what is under way is not read again', 'resume = Math.min(resume, firstOffset);', ''],
      [
        'an old flush holds back the marks for ever',
        'if (this.pending.size <= MAX_PENDING) return;',
        'return;',
      ],
    ],
  ),
  ...inFile(
    `${FRAMES}/read-frame.ts`,
    [`${FRAMES}/read-frame.spec.ts`],
    [
      ['damaged frames are read', '!== checksumOf(body))', '!== checksumOf(body) && false)'],
      ['newer frames are passed over', 'if (newer !== undefined)', 'if (false)'],
    ],
  ),
  ...inFile(
    `${SPEED}/product-epoch.ts`,
    [`${SPEED}/product-epoch.spec.ts`, `${SPEED}/flush.spec.ts`],
    [
      [
        'a flush begins at the epoch, not at the one before',
        'const from = this.flushed;',
        'const from = this.start;',
      ],
      [
        'states of a cell are replaced',
        'mergeInto(plan.states, cell.states, states);',
        'cell.states.splice(0, Infinity, ...states);',
      ],
      [
        'a cell that changed again is not flushed',
        'this.changed.add(cell);',
        'if (cell.keyText === null) this.changed.add(cell);',
      ],
      [
        'the ledger is of the last micro-batch',
        'this.ledger = addLedgers(this.ledger, counts);',
        'this.ledger = counts;',
      ],
    ],
  ),
  ...inFile(
    `${SPEED}/fold.ts`,
    [`${SPEED}/source-worker.spec.ts`, `${SPEED}/service.spec.ts`],
    [['an epoch goes on after its barrier', 'if (round.barrier !== null) live.beginEpoch();', '']],
  ),
  ...inFile(
    `${SPEED}/catch-ups.ts`,
    [`${SPEED}/source-worker.spec.ts`],
    [
      [
        'a product that is behind begins where the others do',
        'cursors[index]?.start === cursor.start',
        'index >= 0',
      ],
      ['a product is replayed because speed is slow', 'open.flushedTo <= included', 'false'],
    ],
  ),
  ...inFile(
    `${SPEED}/flush.ts`,
    [`${SPEED}/flush.spec.ts`],
    [['a flush never closes', 'closed: barrier !== null,', 'closed: false,']],
  ),
  ...inFile(
    `${ARCHIVE}/listing.ts`,
    [`${ARCHIVE}/manifest.spec.ts`],
    [
      ['only the exact epoch is looked for', 'cut.epoch >= epoch);', 'cut.epoch === epoch);'],
      ['cuts in older parts of the list are not looked for', 'first.epoch >= epoch;', 'false;'],
      ['a part of the list never ends', '>= PART_ENTRIES', '>= Infinity'],
    ],
  ),
  ...inFile(
    `${ARCHIVE}/manifest.ts`,
    [`${ARCHIVE}/manifest.spec.ts`],
    [
      [
        'a cut is complete when one partition has passed it',
        'Math.min(...heads.map(',
        'Math.max(...heads.map(',
      ],
      ['a full recomputation is asked for again and again', 'generationBefore(one) > after && ', ''],
      [
        'a file is named whatever others have archived',
        "if (verdict !== 'append') return { verdict, head: before };",
        '',
      ],
    ],
  ),
  ...inFile(
    `${ARCHIVE}/listing.ts`,
    [`${BATCH}/archive/keeper.spec.ts`],
    [
      ['cuts within a joined file are forgotten', '...(cuts.length > 0 && { cuts })', ''],
      ['files of other columns are joined', ' && last.columns === file.columns', ''],
    ],
  ),
  ...inFile(
    `${BATCH}/archive/keeper.ts`,
    [`${BATCH}/archive/keeper.spec.ts`],
    [
      ['what was joined is removed at once', 'if (!this.isOver(since)) continue;', ''],
      ['a zombie joins files', '(tx) => lease.isHeldIn(tx)', 'async () => true'],
    ],
  ),
  ...inFile(
    `${ARCHIVE}/check.ts`,
    [`${BATCH}/runs/run.spec.ts`],
    [['a file of another length is read', 'if (print.bytes !== bytes)', 'if (false)']],
  ),
  ...inFile(
    `${ARCHIVE}/names.ts`,
    [`${ARCHIVE}/names.spec.ts`],
    [
      [
        'overlapping files are read twice',
        'if (last === undefined || file.from < at)',
        'if (last === undefined)',
      ],
      ['a gap in the archive is passed over', 'if (file.from > next) break;', ''],
    ],
  ),
  ...inFile(
    `${BATCH}/archive/archiver.ts`,
    [`${BATCH}/archive/archiver.spec.ts`],
    [
      ['files do not end at barriers', "if (judgement === 'barrier') {", 'if (false) {'],
      [
        'what is archived is archived again',
        'if (mark === null) return;',
        "if (mark === null) return file.keep(record, 'event');",
      ],
    ],
  ),
  ...inFile(
    `${BATCH}/runs/run.ts`,
    [`${BATCH}/runs/run.spec.ts`],
    [
      [
        'a view of another definition is built on',
        'cut.full || (pointer !== undefined && pointer.hash !== hash)',
        'cut.full',
      ],
      ['a full run stays on its line', 'line: line + 1', 'line'],
      ['a full run begins at the served cut', 'head.full ? {} : ', ''],
      ['half a range is committed', 'if (lost.aborted) return null;', 'if (lost.aborted) break;'],
    ],
  ),
  ...inFile(
    `${BATCH}/runs/range-writer.ts`,
    [`${BATCH}/runs/range-writer.spec.ts`],
    [
      [
        'the last slice is not counted',
        'await this.endSlice();\n    const { product, plan }',
        'const { product, plan }',
      ],
      ['all slices have one number', 'this.slices += 1;', ''],
    ],
  ),
] as const;
