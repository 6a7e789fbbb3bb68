export type { JsonSchema, Place, Problem, ProductDefinition, SourceDefinition, Topology } from './definitions';
export type { Plan, PlanColumn, PlanKey, PlanMeasure, PlanSql, PlanWindow, SqlType, Value } from './plan';
export type { State, StateSpec } from './states/spec';
export { FIRST_EPOCH, countBetween, covers, laterOffsets, passBarrier } from './cuts';
export type { EpochCursor, OffsetVector, Offsets } from './cuts';
export { EMPTY_LEDGER, addLedgers, ledgerTotal } from './ledger';
export type { LedgerCounts } from './ledger';
