export { BATCH_DEFAULTS } from './deps';
export type { BatchConfig, BatchDeps } from './deps';
export { createArchive, createBatch } from './service';
