export type {
  AppendOptions,
  ConsumeOptions,
  Displaced,
  EventLog,
  LogConsumer,
  LogRecord,
  NewRecord,
  PartitionRecords,
  PollOptions,
  Polled,
  ReadOptions,
  TopicRemover,
  TopicSpec,
} from './event-log';
export type { Bus, BusHeaders, BusMessage, RequestOptions, RespondOptions, Subscription } from './bus';
export type {
  DocumentPlaces,
  ProductStore,
  ScanRange,
  StoreEntry,
  StoreSnapshot,
  StoreTable,
  StoreText,
  StoreTransaction,
  TextRange,
} from './product-store';
export type { FilePrint, Lake, LakeFile } from './lake';
export type { FedSource, Feed, FeedLog, OpenFeed, UnreadableRecords } from './feeds';
export type { OpenFolder, WatchedFile, WatchedFolder, WatchedPrint, WatchedRow } from './watched-folder';
export type { AgedRecords, OlderPart, OlderRecords, OlderTier } from './older-records';
export type { Clock, Ids, Logger } from './environment';
export type { Catalog, CatalogContent, DeclaredProduct } from './catalog';
export type {
  Aggregated,
  AnswerCell,
  AnswerError,
  AnswerRow,
  ArchiveMark,
  ArchiveRange,
  ArchiveRecord,
  ArchiveAge,
  ArchiveWriter,
  Beside,
  Engine,
  EngineBudget,
  EngineEvent,
  MicroBatch,
  PartialCell,
  PartialPartition,
  RangeResult,
  Refused,
} from './engine';
export type { HttpRequest, HttpResponse, Route } from './http';
export type { MetricLabels, MetricSample, Metrics } from './metrics';
export type { LogReading, Readiness, RunningService } from './service';
export type { TableColumn, TableFormat, TableHead, Tables } from './tables';
export type { Span, SpanAttributes, SpanKind, SpanOptions, TracedSystems, Tracer } from './tracing';
export type { ServedPointers } from './served-pointers';
export type { Loss, LossBook } from './loss-book';
export type { TopicBook } from './topic-book';
export type { Trouble, TroubleBook, TroubleLayer, TroublesOver } from './trouble-book';
export type {
  GroupOffsets,
  Hole,
  HoleReason,
  NewRawRecord,
  RawHeader,
  RawRange,
  RawRead,
  RawRecord,
  RawTopics,
  TopicFacts,
} from './raw-topics';
export type { OffsetRun, RecordFileWriter, RecordFiles, RecordSql, RunFileWriter } from './record-files';
