export { BATCH_DEFAULTS } from './deps';
export type { BatchConfig, BatchDeps } from './deps';
export { createBatch } from './service';
export { archiveName, archivePrefix, contiguous, parseArchiveName } from './archive/names';
export type { ArchiveFile } from './archive/names';
