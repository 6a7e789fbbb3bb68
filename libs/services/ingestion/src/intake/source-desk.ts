import type { FeedFormat } from '@tenon/domain';
import type { IngestionConfig } from '../config';
import type { SourceRules } from '../events/source-rules';
import type { DeadLetters } from '../log/dead-letters';
import type { EventAppender } from '../log/event-appender';

/** What the calls to one source work with. */
export interface SourceDesk {
  readonly name: string;
  readonly rules: SourceRules;
  readonly appender: EventAppender;
  readonly deadLetters: DeadLetters;
  readonly config: IngestionConfig;
  /** Of the records that are taken from a stream of others; absent: none are. */
  readonly format?: FeedFormat;
}
