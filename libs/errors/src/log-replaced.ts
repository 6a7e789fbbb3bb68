import { LogLost } from './log-lost';

/** A topic of events is not the one whose offsets the store, the archive or receipts hold: nothing may be counted by it. */
export class LogReplaced extends LogLost {
  /** @param is the topic that is there now; null: none */
  constructor(topic: string, was: string, is: string | null) {
    const what = is === null ? 'is gone' : `was deleted and made anew (it is ${is} now)`;
    super('log-replaced', `The topic ${topic} that was counted up to now (${was}) ${what}.`, {
      hint:
        is === null
          ? 'Restore the topic; or go on with a new source, or a new log with a new store and archive.'
          : `If it has the same records at the same offsets: TENON_ACCEPT_TOPICS=${is}. Else restore the topic, or go on with a new source.`,
    });
  }
}
