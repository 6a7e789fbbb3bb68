export { CONSUMPTION_DEFAULTS } from './deps';
export type { ConsumptionConfig, ConsumptionDeps, LandingZone } from './deps';
export { createConsumption } from './service';
export { foldCells } from './landing/fold-cells';
export { foldStretches } from './ranges/fold-stretches';
