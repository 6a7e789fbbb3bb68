export { createTieredLog } from './tiered-log';
