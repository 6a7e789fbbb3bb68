export { CONSUMPTION_DEFAULTS, createConsumption } from './service';
export type { ConsumptionDeps } from './service';
export type { ConsumptionConfig } from './product';
export { foldInto } from './landing';
