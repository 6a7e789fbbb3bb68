/**
 * Records that are gone and whose loss was accepted, as the last tier of the log: in the place of each stands a control record that
 * says so. So whoever reads goes on behind them, counts them as lost and archives them as such, whichever layer it is.
 */
import { HEADERS, LOST, TOPICS } from '@tenon/contracts';
import type { Offset, Partition } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import type { LogRecord, LossBook, OlderPart, OlderTier } from '@tenon/ports';

const CHUNK = 1000;
const EMPTY = new Uint8Array();
const HEADER = new TextEncoder().encode(LOST);
const EVENTS = TOPICS.events('');

/** @param kept where older records are kept; absent: nowhere. What it has is never taken for lost. */
export function withLosses(book: Pick<LossBook, 'read'>, kept?: OlderTier): OlderTier {
  const lossesOf = async (topic: string, partition: Partition) =>
    topic.startsWith(EVENTS)
      ? (await book.read(topic.slice(EVENTS.length))).filter((one) => one.partition === partition)
      : [];
  return {
    async next(topic, partition, from) {
      const accepted = (await lossesOf(topic, partition)).flatMap((one) =>
        one.to > from ? [Math.max(from, one.from)] : [],
      );
      const is = Math.min(...accepted, (await kept?.next(topic, partition, from)) ?? Infinity);
      return is === Infinity ? null : is;
    },
    aged: async (topic, partition) => (await kept?.aged(topic, partition)) ?? null,

    async *read(topic, partition, from) {
      let next = from;
      // Behind a loss there may be more that is kept, and another loss behind that.
      for (;;) {
        let failure: { readonly error: unknown } | null = null;
        try {
          for await (const part of kept?.read(topic, partition, next) ?? []) {
            yield part;
            next = part.next;
          }
        } catch (error) {
          if (isPassing(error)) throw error;
          failure = { error };
        }
        const losses = await lossesOf(topic, partition);
        const loss = losses.find((one) => one.from <= next && next < one.to);
        if (loss === undefined) {
          if (failure !== null) throw failure.error;
          return;
        }
        yield* standIns(next, loss.to, loss.at);
        next = loss.to;
      }
    },
  };
}

function* standIns(from: Offset, to: Offset, timestamp: number): Generator<OlderPart> {
  for (let at = from; at < to; at += CHUNK) {
    const next = Math.min(at + CHUNK, to);
    const records = Array.from({ length: next - at }, (_, index) => lostRecord(at + index, timestamp));
    yield { records, next };
  }
}

const lostRecord = (offset: Offset, timestamp: number): LogRecord => ({
  ...{ offset, timestamp, key: null, value: EMPTY },
  header: (name) => (name === HEADERS.control ? LOST : undefined),
  headerBytes: (name) => (name === HEADERS.control ? HEADER : undefined),
  headers: () => ({ [HEADERS.control]: LOST }),
});
