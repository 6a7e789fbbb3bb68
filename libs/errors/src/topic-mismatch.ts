import { TenonError } from './tenon-error';

/** A topic exists with another number of partitions than the catalog says. */
export class TopicMismatch extends TenonError {
  constructor(topic: string, has: number, wants: number) {
    super('topic-mismatch', `Topic ${topic} has ${has} partitions, the catalog says ${wants}.`, {
      hint: `Set partitions: ${has} in the source's YAML, or use a new source name (a dump and restore keeps the data).`,
    });
  }
}
