import { TenonError } from './tenon-error';

/** A topic exists with another number of partitions than the catalog says. */
export class TopicMismatch extends TenonError {
  /** @param used partitions beyond those of the catalog that hold records; absent: not known */
  constructor(
    topic: string,
    readonly has: number,
    readonly wants: number,
    used: readonly number[] = [],
  ) {
    const what = `Topic ${topic} has ${has} partitions, the catalog says ${wants}`;
    const records = used.length === 0 ? '' : `, and there are records in ${used.join(', ')}`;
    super('topic-mismatch', `${what}${records}.`, { hint: hintOf(topic, has, wants, used) });
  }
}

function hintOf(topic: string, has: number, wants: number, used: readonly number[]): string {
  if (has < wants)
    return `Set partitions: ${has} in the source's YAML; or use a new source name, for which a topic is made.`;
  if (used.length === 0) return `Set partitions: ${has} in the source's YAML, if the source is new here.`;
  return `No service reads or writes these partitions of ${topic} in a source that has run with ${wants}. Delete what was written there (kafka-delete-records), and all services go on with the first ${wants}; or, if the source is new here, set partitions: ${has}.`;
}
