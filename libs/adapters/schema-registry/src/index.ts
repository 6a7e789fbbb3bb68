export { createRegistryDecoder } from './decoder';
export type { Decode, Decoded, RegistryOptions } from './decoder';
export { decodedFeed } from './decoded-feed';
