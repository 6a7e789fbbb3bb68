export type { LossDesk } from './losses';
export { SERVING_DEFAULTS, createServing } from './service';
export type { ServingConfig, ServingDeps } from './service';
export { CONDITION_HELP, conditionProblem, parseCondition } from './diff/condition';
export { diffVersions } from './diff/diff';
export type { DiffAnswer, DiffDeps, DiffOptions } from './diff/diff';
