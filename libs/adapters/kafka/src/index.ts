export { createKafkaEventLog } from './event-log';
export type { KafkaEventLogOptions } from './event-log';
