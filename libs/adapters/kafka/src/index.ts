export { createKafkaEventLog } from './event-log';
export type { KafkaEventLogOptions } from './event-log';
export { createKafkaRawTopics } from './raw/raw-topics';
export type { KafkaRawOptions } from './raw/raw-topics';
