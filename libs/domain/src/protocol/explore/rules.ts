/** The rules that are explored, as one record: the real ones, or those of a mutant. */
import { foldCell, versionAt } from '../fold';
import { judgeFlush } from '../flush';
import { PartitionJudge } from '../judge';
import { closedMove, isBehind, isClosedBefore, judgeRange, movedPointer } from '../pointer';
import { foldableGeneration, reachOf } from '../reach';
import { commitOfWhole, withCommit, withSlice } from '../slices';

export interface Rules {
  readonly PartitionJudge: typeof PartitionJudge;
  readonly judgeFlush: typeof judgeFlush;
  readonly reachOf: typeof reachOf;
  readonly foldableGeneration: typeof foldableGeneration;
  readonly foldCell: typeof foldCell;
  readonly versionAt: typeof versionAt;
  readonly judgeRange: typeof judgeRange;
  readonly movedPointer: typeof movedPointer;
  readonly closedMove: typeof closedMove;
  readonly isClosedBefore: typeof isClosedBefore;
  readonly isBehind: typeof isBehind;
  readonly withSlice: typeof withSlice;
  readonly withCommit: typeof withCommit;
  readonly commitOfWhole: typeof commitOfWhole;
}

export const RULES: Rules = {
  PartitionJudge,
  judgeFlush,
  reachOf,
  foldableGeneration,
  foldCell,
  versionAt,
  judgeRange,
  movedPointer,
  closedMove,
  isClosedBefore,
  isBehind,
  withSlice,
  withCommit,
  commitOfWhole,
};
