export type { Declared } from './declared';
export { declaredFields, isJson } from './declared';
export { digestFile } from './digest';
export { formatOf, isNamedAsRows, mayGrow, openFile } from './open-file';
export type { FileFormat, FileRow, RowChunk, RowReader } from './rows';
export { watchedFolder } from './watched-folder';
