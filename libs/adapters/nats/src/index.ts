export { createNatsBus } from './nats-bus';
export type { NatsBusOptions } from './nats-bus';
export { placeOf } from './identity';
export type { NatsIdentity } from './identity';
export { createNatsStreamLog } from './stream-log';
export type { NatsStreamLog, NatsStreamLogOptions } from './stream-log';
