export type {
  JsonSchema,
  Place,
  Problem,
  ProductDefinition,
  SourceDefinition,
  Topology,
} from './definitions';
export type { Plan, PlanColumn, PlanKey, PlanMeasure, PlanSql, PlanWindow, SqlType, Value } from './plan';
export type { State, StateSpec } from './states/spec';
export { FIRST_EPOCH, countBetween, covers, laterOffsets, passBarrier } from './cuts';
export type { EpochCursor, OffsetVector, Offsets } from './cuts';
export { EMPTY_LEDGER, addLedgers, ledgerTotal } from './ledger';
export type { LedgerCounts } from './ledger';
export { compareValues, toAnswer } from './values';
export { formatTimestamp, parseTimestamp, windowEnd } from './time';
export { cellId, cellKey, keyPattern, keyPrefix, parseCellId } from './cell';
export { checksum32, hashHex96, partitionOf } from './hash';
export { DedupeWindow, IDENTITY_BYTES } from './dedupe';
export type { DedupeVerdict } from './dedupe';
export { identityStates, mergeInto, mergeState, sameStates } from './states';
export { doubleSquares, doubleSum } from './states/double-sum';
export { hllFromRegisters } from './states/hyperloglog';
export { ddsketch, ddsketchBucket } from './states/ddsketch';
export { distinctState } from './states/distinct';
export { countsState } from './states/counts';
export { finalizeMeasure } from './finalize';
export type { Finalized } from './finalize/measure';
export { answerStatus, cellStatus, isOver } from './answer';
export type { AnswerState, CellStatus } from './answer';
export {
  foldCell,
  foldableGeneration,
  includedOffsets,
  judgeFlush,
  mergeStates,
  reachOf,
  versionAt,
} from './fold';
export type { CellVersion, EpochProgress, FlushVerdict, PartitionReach } from './fold';
