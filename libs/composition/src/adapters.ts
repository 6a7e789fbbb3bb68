/* eslint-disable @typescript-eslint/no-require-imports -- `import()` would go past the loader of tools/service.js, which hooks `require` */
/** The clients of the servers, loaded where a server is used: together they cost a third of a second at the start. */
import type * as Kafka from '@tenon/adapters-kafka';
import type * as MongoDb from '@tenon/adapters-mongodb';
import type * as Nats from '@tenon/adapters-nats';
import type * as SchemaRegistry from '@tenon/adapters-schema-registry';

export const adapters = {
  kafka: () => require('@tenon/adapters-kafka') as typeof Kafka,
  mongodb: () => require('@tenon/adapters-mongodb') as typeof MongoDb,
  nats: () => require('@tenon/adapters-nats') as typeof Nats,
  schemaRegistry: () => require('@tenon/adapters-schema-registry') as typeof SchemaRegistry,
};
