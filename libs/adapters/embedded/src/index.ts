export { createMemoryBus } from './bus/memory-bus';
export type { MemoryBusOptions } from './bus/memory-bus';
export { createIds, systemClock } from './environment';
export { createFileLake } from './lake/file-lake';
export type { FileLakeOptions } from './lake/file-lake';
export { createFileEventLog } from './log/event-log';
export type { FileEventLogOptions } from './log/event-log';
export { createLmdbProductStore } from './store/lmdb-store';
export type { LmdbStoreOptions } from './store/lmdb-store';
