/** A second way into this lib: the schemas load zod, which services have no use for. For specs, documents and tools. */
export { MESSAGES } from './registry';
export type { Channel, Message, Service } from './registry';
export { jsonSchemaOf } from './json-schema';
