export { createTieredLog } from './tiered-log';
export { createKnownLog } from './known-log';
