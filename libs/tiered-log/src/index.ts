export { createTieredLog } from './tiered-log';
export { withLosses } from './accepted-losses';
export { createDeclaredLog } from './declared-log';
export { createKnownLog } from './known-log';
export { createWholeLog } from './whole-log';
export type { HeldOfTopic, WholeLogDeps } from './whole-log';
