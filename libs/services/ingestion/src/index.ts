export { createIngestion } from './service';
export type { IngestionDeps } from './service';
export { INGESTION_DEFAULTS } from './config';
export type { IngestionConfig } from './config';
export type { RefusedLately } from './letters/letter-watch';
export { identityBook } from './log/log-identity';
export { cutsRoute } from './cuts/route';
export { remoteCuts } from './cuts/control';
