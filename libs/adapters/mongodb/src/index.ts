export { createMongoProductStore } from './product-store';
export type { MongoProductStoreOptions } from './product-store';
