export { Holes } from './holes';
export type { HolesOf } from './holes';
export { Outage, readinessOf } from './outage';
export { Periodic } from './periodic';
export { startAll } from './start-all';
export type { Startable } from './start-all';
export { TopicReader } from './topic-reader';
export type { PartitionRead, TopicReaderOptions } from './topic-reader';
