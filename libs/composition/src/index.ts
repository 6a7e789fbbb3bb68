export { endProcess } from '@tenon/runtime';
export { readServiceSettings, runAlone } from './alone';
export type { AloneOptions } from './alone';
export type { ArchiveAnswer } from './archive-route';
export type { TopicsAnswer } from './topics-route';
export type { CatalogAnswer } from './catalog-route';
export { durationText, judgeCatalog } from './judgement';
export type {
  DeclaredCatalog,
  Difference,
  Notice,
  ProductChange,
  RunningCatalog,
  SourceChange,
  Verdict,
} from './judgement';
export { startHost } from './host';
export type { Host, HostOptions } from './host';
export { SERVICES } from './services';
export type { ServiceName } from './services';
export { createParts } from './parts';
export type { Parts } from './parts';
export { isSeparate, layersOf, pointersOf, storesOf, troublesOf, zonesOf } from './layers';
export type { LayerScope, Layers } from './layers';
export { openRawTopics } from './raw-topics';
export { goneOf, productsIn } from './versions/gone';
export type { ProductLayers } from './versions/product-layers';
export { productLayers } from './versions/product-layers';
export { removeFrom } from './versions/remove';
export { removeAbortedLines } from './versions/remove-lines';
