export { createNatsBus } from './nats-bus';
export type { NatsBusOptions } from './nats-bus';
