/** A second way into this lib: the schemas load zod, which services have no use for. For specs, documents and tools. */
export { MESSAGES } from './registry';
export type { Channel, Message, Service } from './registry';
export { jsonSchemaOf } from './json-schema';
export { OPERATIONS } from './http/operations';
export type { Operation } from './http/operations';
export { openApiOf } from './http/openapi';
export type { Described, DescribedRoute } from './http/openapi';
