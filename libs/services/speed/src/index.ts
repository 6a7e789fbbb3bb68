export { SPEED_DEFAULTS } from './deps';
export type { SpeedConfig, SpeedDeps } from './deps';
export { createSpeed } from './service';
