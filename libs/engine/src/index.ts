export { createEngine } from './engine';
export type { EngineOptions } from './engine';
export { columnProblems, columnsOf } from './source-columns';
export type { SourceColumn } from './source-columns';
