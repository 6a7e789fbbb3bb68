import { LogLost } from './log-lost';

/** A partition that ends before what is known to have stood in it. */
export interface ShortPartition {
  readonly partition: number;
  /** The offset that the log would give next. */
  readonly end: number;
  /** It has given all offsets below this one before. */
  readonly held: number;
}

/** A topic of events ends before what was counted, archived or acknowledged of it: its next offsets are those of other events. */
export class LogTooShort extends LogLost {
  constructor(topic: string, short: readonly ShortPartition[]) {
    const places = short.map(
      ({ partition, end, held }) => `partition ${partition} at ${end} instead of ${held}`,
    );
    super('log-too-short', `The topic ${topic} ends before what was counted of it: ${places.join(', ')}.`, {
      hint: 'Put back a copy of the log that has these records, or log, store and archive of one copy; or go on with a new source.',
    });
  }
}
