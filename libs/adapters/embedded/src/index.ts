export { createFileEventLog } from './log/event-log';
export type { FileEventLogOptions } from './log/event-log';
export { createIds, systemClock } from './environment';
