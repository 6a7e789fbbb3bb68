export { createTieredLog } from './tiered-log';
export { withLosses } from './accepted-losses';
export { createKnownLog } from './known-log';
