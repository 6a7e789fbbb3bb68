export { createEngine } from './engine';
export type { EngineOptions } from './engine';
export { columnProblems, columnsOf } from './source-columns';
export type { SourceColumn } from './source-columns';
export { createRecordFiles } from './record-files/record-files';
export type { RecordFilesOptions } from './record-files/record-files';
