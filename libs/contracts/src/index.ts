export { CORRELATION_HEADER, HEADERS, SUBJECTS, TOPICS } from './names';
export { VERSIONS, WIRE_VERSION, isUnknownVersion, unknownVersion, versionText } from './versions';
export type { MessageName, UnknownVersion } from './versions';
export { UnsupportedVersion } from './unsupported-version';
export { mustRead, supported } from './must-read';
export { BARRIER } from './event';
export type { Barrier, CutRecord, EventEnvelope } from './event';
export type { EndMark, FlushFrame, RangeFrame, StatesMessage, WireCell } from './states';
export { STORE_KEYS, isPointerKey, parseProgressKey, productKey } from './store';
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
export type { FrameVerdict, Unreadable } from './frames';
export { barrierOf, cutOf, identityOf, identityText, isControl, unknownEvent } from './records';
export type { HeaderedRecord } from './records';
export {
  generationHint,
  generationsReply,
  generationsRequest,
  liveHint,
  readGenerationsReply,
  readCovers,
  readLiveHint,
  readReplayHint,
  replayHint,
} from './hints';
export type {
  GenerationHint,
  GenerationsReply,
  GenerationsReplyBefore,
  GenerationsRequest,
  Covers,
  LiveHint,
  ReplayHint,
} from './hints';
