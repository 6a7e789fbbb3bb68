export { endProcess } from '@tenon/runtime';
export { readServiceSettings, runAlone } from './alone';
export type { AloneOptions } from './alone';
export { startHost } from './host';
export type { Host, HostOptions } from './host';
export { SERVICES } from './services';
export type { ServiceName } from './services';
export { createParts } from './parts';
export type { Parts } from './parts';
