export { SPEED_DEFAULTS, createSpeed } from './service';
export type { SpeedConfig, SpeedDeps } from './service';
