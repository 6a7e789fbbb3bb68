export { BATCH_DEFAULTS, createBatch } from './service';
export type { BatchConfig, BatchDeps } from './service';
export { archiveName, archivePrefix, contiguous, parseArchiveName } from './archive-names';
export type { ArchiveFile } from './archive-names';
