export { CORRELATION_HEADER, GROUPS, HEADERS, SUBJECTS, TOPICS, eventsTopic } from './names';
export { VERSIONS, WIRE_VERSION, isUnknownVersion, unknownVersion, versionText } from './versions';
export type { MessageName } from './versions';
export { UnsupportedVersion } from './unsupported-version';
export { mustRead, supported } from './must-read';
export { MAX_DOCUMENT_BYTES, checkDocumentSize, parseDocument, productOfKey } from './documents';
export { BARRIER, LOST } from './event';
export type { Barrier, CutRecord, EventEnvelope } from './event';
export type { CommitMessage, FlushFrame, SliceFrame, StatesMessage, WireCell } from './states';
export {
  STORE_KEYS,
  isPointerKey,
  isStretchesKey,
  isTroublesKey,
  keyAfter,
  parseProgressKey,
  parseSpeedKey,
  pointerDocument,
  pointerOf,
  servedDocument,
  versionsOf,
} from './store';
export type {
  ArchiveColumnsDocument,
  ArchiveEnd,
  ArchiveHeadDocument,
  ArchivePartDocument,
  ArchivedCut,
  ArchivedFile,
  BaseDocument,
  KeptDocument,
  LeaseDocument,
  PlanDocument,
  PointerDocument,
  PointerDocumentBefore,
  ProgressDocument,
  RangeAccountDocument,
  ServedDocument,
  SourceDocument,
  LossesDocument,
  TopicDocument,
  SpeedDocument,
  StretchesDocument,
  TroublesDocument,
} from './store';
export type {
  AnswerEnvelope,
  AnswerStatus,
  AnswerTrouble,
  IngestAnswer,
  IngestItem,
  Position,
  Row,
  RowStatus,
  RowsAnswer,
  VersionAnswer,
} from './http';
export { decodeReceipt, encodeReceipt } from './receipt';
export { FRAME_CELLS, FrameWriter, encodeMessage } from './frames/frame-writer';
export { isUnreadable, readFrame } from './frames/read-frame';
export type { ReadFrame, Unreadable } from './frames/read-frame';
export { FrameAssembler } from './frames/assembler';
export { Edition2Reader } from './frames/edition-2';
export { barrierOf, cutOf, identityText, judgeRecord } from './records';
export {
  generationHint,
  generationsReply,
  generationsRequest,
  liveHint,
  readGenerationsReply,
  readVersionsReply,
  versionsReply,
  versionsRequest,
  readCovers,
  readLiveHint,
  readReplayHint,
  replayHint,
  replayHintOfEdition2,
} from './hints';
export type { Covers, ReplayRequest } from './hints';
export { misfit } from './guards';
export type { GuardedMessage } from './guards';
export { messagesOn } from './bus-messages';
export { ROWS_OPTIONS, ROWS_PREFIXES, isRowsOption, optionParameters } from './rows-query';
export type { RowsOption } from './rows-query';
export {
  CUT_TIMEOUT,
  LETTERS_LIMIT,
  ROWS_FORMATS,
  ROWS_LAYERS,
  ROWS_LIMIT,
  ROWS_ORDERS,
  ROWS_TIMEOUT,
} from './parameter-bounds';
export type { RowsFormat, WholeNumber } from './parameter-bounds';
