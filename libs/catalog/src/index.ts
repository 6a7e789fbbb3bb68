export { createFileCatalog } from './file-catalog';
export { fingerprintOf } from './fingerprint';
export { CATALOG_CODES } from './report';
export type { CatalogCode } from './report';
export { narrowings } from './narrowing';
export { fieldsOf } from './schema-fields';
export { parseDuration } from './duration';
export { didYouMean, nearest } from './nearest';
