export { flushPartition, layoutOf } from './layout';
export type { ProductLayout } from './layout';
export {
  hasGap,
  includedIn,
  ledgerOf,
  partsOf,
  readBaseView,
  readPointer,
  readSpeedView,
  readView,
} from './view';
export type { BaseView, LaneView, ProductView, SpeedView } from './view';
export { pastView, readKept, readableGenerations } from './past';
export type { PastView } from './past';
export { inOneStore, noView, withView } from './open-view';
export type { KnownView, LayerSnapshots, LayerStores } from './open-view';
export { cellsByKey, cellsOf, cellsOfParts, closedSpeedCells, mergedCell } from './cells';
export type { MergedCell } from './cells';
export { cellTexts, textsByKey } from './cell-texts';
export type { CellTexts, Layer } from './cell-texts';
export { ALL_CELLS } from './question';
export type { CellRange } from './question';
export { headsOf, placesOf } from './orders';
export { servedPointers } from './served-pointers';
export { topicBook } from './topic-book';
export { troubleBook } from './trouble-book';
