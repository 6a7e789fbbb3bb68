export { includedIn, layoutOf, ledgerOf, readPointer, readView } from './view';
export type { ProductLayout, ProductView } from './view';
export { ALL_CELLS, cellsByKey, cellsOf, closedSpeedCells } from './cells';
export type { CellRange, Layer, MergedCell } from './cells';
