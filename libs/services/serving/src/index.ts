export { SERVING_DEFAULTS, createServing } from './service';
export type { ServingConfig, ServingDeps } from './service';
