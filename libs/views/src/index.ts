export { flushPartition, layoutOf } from './layout';
export type { ProductLayout } from './layout';
export { hasGap, includedIn, ledgerOf, readBaseView, readPointer, readSpeedView, readView } from './view';
export type { BaseView, LaneView, ProductView, SpeedView } from './view';
export { inOneStore, withView } from './open-view';
export type { LayerSnapshots, LayerStores } from './open-view';
export { ALL_CELLS, cellsByKey, cellsOf, closedSpeedCells } from './cells';
export type { CellRange, Layer, MergedCell } from './cells';
export { servedPointers } from './served-pointers';
