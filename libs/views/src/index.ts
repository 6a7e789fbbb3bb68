export { flushPartition, layoutOf, layoutsOf } from './layout';
export type { ProductLayout } from './layout';
export {
  hasGap,
  includedIn,
  ledgerOf,
  partsOf,
  readBaseView,
  readPointer,
  readView,
  troublesOf,
} from './view';
export type { BaseView, LaneView, MissingLayer, ProductView, SpeedView } from './view';
export { pastView, readKept, readableGenerations } from './past';
export type { PastView } from './past';
export { inOneStore, viewNow, withView } from './open-view';
export type { LayerSnapshots, LayerStores } from './open-view';
export { noView } from './known-view';
export type { KnownView } from './known-view';
export { ApartStores } from './apart/stores';
export { cellsByKey, cellsOf, cellsOfParts, closedSpeedCells, mergedCell } from './cells';
export type { MergedCell } from './cells';
export { cellTexts, textsByKey } from './cell-texts';
export type { CellTexts, Layer } from './cell-texts';
export { ALL_CELLS } from './question';
export type { CellRange } from './question';
export { headsOf, placesOf } from './orders';
export { soundBase, soundSpeed } from './sound';
export { servedPointers } from './served-pointers';
export { heldOffsets } from './held-offsets';
export { acceptLoss } from './accept-loss';
export type { AcceptLossDeps, LossProduct } from './accept-loss';
export { lossBook } from './loss-book';
export { topicBook } from './topic-book';
export { troubleBook } from './trouble-book';
export { readThrottle } from './throttle';
export type { ReadThrottle } from './throttle';
export { isProblem, putVersions, servedIn, versionBook, versionsIn } from './version-book';
export type { VersionBook, VersionStep } from './version-book';
