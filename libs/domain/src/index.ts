export { FEED_FORMATS, FILE_ROWS } from './definitions';
export { TOPOLOGIES } from './definitions';
export type {
  FeedFormat,
  JsonSchema,
  Place,
  Problem,
  ProductDefinition,
  SourceDefinition,
  SourceFeed,
  SourceFiles,
  FileRows,
  Topology,
} from './definitions';
export { isSameDefinition } from './plan';
export type {
  Plan,
  PlanColumn,
  PlanKey,
  PlanMeasure,
  PlanSql,
  PlanWindow,
  WindowShape,
  WindowSize,
} from './plan';
export { shapeOf, writtenType } from './sql-type';
export type { TypeShape, WrittenType } from './sql-type';
export type { SqlType, Value } from './sql-value';
export type { State, StateSpec } from './states/spec';
export { EMPTY_LEDGER, addLedgers, ledgerTotal } from './protocol/ledger';
export type { LedgerCounts } from './protocol/ledger';
export { LETTER_LIMITS, LetterBudget } from './letter-budget';
export type { LetterLimits } from './letter-budget';
export { refusedShare } from './refused';
export { TEXT_KEYS, compareValues, decodeDouble, toAnswer } from './values';
export { unscaledDigits } from './integers';
export { canonicalTimestamp, dayNumber, formatMicros, formatTimestamp, parseTimestamp } from './time';
export { windowBegin, windowEnd } from './window-times';
export { isZone } from './zones';
export { cellId, cellKey, keyPattern, keyPrefix, parseCellId } from './cell';
export { partKey, partsKey, splitCellKey } from './cell-parts';
export { checksum32, checksumOf, hashHex96, partitionOf } from './hash';
export { IDENTITY_BYTES } from './protocol/dedupe';
export { mergeInto, mergeState, sameStates } from './states';
export { type CellShape, cellShape } from './states/shape';
export { doubleSquares, doubleSum } from './states/double-sum';
export { hllFromRegisters } from './states/hyperloglog';
export { ddsketch } from './states/ddsketch';
export { distinctState } from './states/distinct';
export { countsState } from './states/counts';
export { finalizeMeasure } from './finalize';
export { answerStatus, cellStatus, isOver } from './answer';
export { logTime } from './log-time';
export type { CellStatus } from './answer';
export { isSameTrouble, isTroubleOver } from './trouble';
export type { Trouble, TroubleLayer, TroublesOver } from './trouble';
export { epochAfter, generationBefore } from './numbers';
export type { Epoch, Generation, Line, Offset, Partition } from './numbers';
export { laneKey, laneNumber, laneOfNumber, lanesOf, parseLane, toLanes, toVector } from './lanes';
export type { Lane, LaneKey, LaneOffsets, Lanes, OffsetVector, Offsets } from './lanes';
export { idOf, parseProductId, productId } from './product-id';
export type { ProductId } from './product-id';
export {
  candidateOf,
  declareVersion,
  dropVersion,
  droppedVersion,
  expireVersions,
  firstVersions,
  isCandidate,
  isVersionThere,
  nextVersion,
  otherVersion,
  pauseVersion,
  promoteVersion,
  readyVersion,
  reprocessVersion,
  rollbackVersion,
  runningVersions,
  switchVersion,
  throttleVersion,
  underWay,
  versionFor,
} from './versions';
export type { Declared, OtherVersion, VersionState, Versions } from './versions';
export { FIRST_EPOCH, countBetween, covers, laterOffsets } from './protocol/cuts';
export type { EpochCursor } from './protocol/cuts';
export { PartitionJudge } from './protocol/judge';
export type { Judgement } from './protocol/judge';
export { judgeArchived } from './protocol/archive';
export type { ArchiveVerdict } from './protocol/archive';
export { judgeFlush } from './protocol/flush';
export type { FlushVerdict } from './protocol/flush';
export { foldCell, mergeStates, takenOut, versionAt } from './protocol/fold';
export { KEPT_GENERATIONS, isServedBefore, keptBy, keptGenerations } from './protocol/kept';
export type { KeptGeneration, ServedPlace } from './protocol/kept';
export type { CellVersion } from './protocol/fold';
export { foldableGeneration, reachOf } from './protocol/reach';
export type { LaneReach } from './protocol/reach';
export {
  closedMove,
  emptyPointer,
  timesOf,
  isBehind,
  isClosedBefore,
  judgeRange,
  laterOf,
  movedPointer,
} from './protocol/pointer';
export type { FoldTarget, LandedEpoch, Move, Pointer, RangeHead } from './protocol/pointer';
export { barrierTime, watermarkAt } from './protocol/times';
export type { CutTimes } from './protocol/times';
export {
  horizonAt,
  isBehindHorizon,
  isPastRetention,
  lastEndOf,
  neededFor,
  withHorizon,
} from './protocol/retention';
export { coveredFrom, dueStretch, mayStretch, partsFrom, stretchOf, withStretch } from './protocol/stretches';
export type { LandedPart, Stretch } from './protocol/stretches';
export { COMPOSED_BYTES, STATE_BYTES, TEXT_CHARS } from './states/bounds';
export { EMPTY_ACCOUNT, commitOfWhole, withCommit, withSlice } from './protocol/slices';
export type { RangeAccount, RangeCommit } from './protocol/slices';
export { restatedSql } from './restatement';
export type { Restatement, RestatementRule } from './restatement';
