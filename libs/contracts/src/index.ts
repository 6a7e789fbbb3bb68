export { CORRELATION_HEADER, HEADERS, SUBJECTS, TOPICS, WIRE_VERSION } from './names';
export { BARRIER } from './event';
export type { Barrier, CutRecord, EventEnvelope } from './event';
export type { EndMark, FlushFrame, RangeFrame, StatesMessage, WireCell } from './states';
export { STORE_KEYS, parseProgressKey, productKey } from './store';
export type {
  BaseDocument,
  BaseVersion,
  LeaseDocument,
  PlanDocument,
  PointerDocument,
  ProgressDocument,
  SpeedDocument,
} from './store';
export type {
  AnswerEnvelope,
  AnswerStatus,
  IngestAnswer,
  IngestItem,
  Position,
  Row,
  RowStatus,
  RowsAnswer,
} from './http';
export { decodeReceipt, encodeReceipt } from './receipt';
export { FRAME_CELLS, FrameAssembler, FrameWriter, parseStatesMessage } from './frames';
export type { FrameVerdict } from './frames';
export { barrierOf, identityOf, identityText, isControl } from './records';
export type { HeaderedRecord } from './records';
