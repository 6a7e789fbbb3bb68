/** Cuts over the bus: whoever asks need not know where ingestion is. */
import { HEADERS, SUBJECTS } from '@tenon/contracts';
import type { Epoch, OffsetVector, Value } from '@tenon/domain';
import { HttpProblem, TenonError } from '@tenon/errors';
import type { Bus, BusHeaders, Logger, Subscription } from '@tenon/ports';
import type { Cutter } from './cutter';

/** What makes a cut, here or elsewhere. */
export interface CutMaker {
  /** @param trace the traceparent of who asks */
  cut(full: boolean, trace?: string): Promise<{ readonly epoch: Epoch; readonly offsets: OffsetVector }>;
}

/** An instance that stands still may be the one that is asked; then another one is, since cuts do no harm. */
const TRIES = 3;
const TRY_MS = 4_000;

interface CutReply {
  readonly v?: 1;
  readonly epoch?: Epoch;
  readonly offsets?: OffsetVector;
  /** Why there is none. */
  readonly problem?: { readonly code: string; readonly message: string };
}

/** Answers requests for cuts; of several ingestions one does. */
export async function respondCuts(
  { bus, logger }: { readonly bus: Bus; readonly logger: Logger },
  cutter: Pick<Cutter, 'cut'>,
): Promise<Subscription> {
  const answer = async (full: boolean, headers: BusHeaders): Promise<Value> => {
    try {
      const { epoch, offsets } = await cutter.cut(full, headers[HEADERS.traceparent]);
      return { v: 1, epoch, offsets } satisfies CutReply as Value;
    } catch (error) {
      logger.warn({ error }, 'a cut that was asked for over the bus was not made');
      const code = error instanceof TenonError ? error.code : 'internal';
      const message = error instanceof Error ? error.message : String(error);
      return { v: 1, problem: { code, message } } satisfies CutReply as Value;
    }
  };
  const group = { group: 'tenon-ingestion' };
  const fullOf = (payload: Value) => (payload as { readonly full?: Value } | null)?.full === true;
  const subscriptions = [
    await bus.respond(SUBJECTS.askCut, ({ payload, headers }) => answer(fullOf(payload), headers), group),
    await bus.respond(SUBJECTS.run, ({ headers }) => answer(true, headers), group),
  ];
  return {
    close: async () => {
      for (const subscription of subscriptions) await subscription.close();
    },
  };
}

/** Makes cuts by asking an ingestion. */
export function remoteCuts(bus: Bus): CutMaker {
  return {
    cut: async (full, trace) => {
      const headers = trace === undefined ? {} : { [HEADERS.traceparent]: trace };
      for (let tries = 0; tries < TRIES && bus.connected(); tries += 1) {
        const subject = full ? SUBJECTS.run : SUBJECTS.askCut;
        const [answer] = await bus.request(subject, { v: 1 }, { timeoutMs: TRY_MS, max: 1, headers });
        const reply = answer as CutReply | undefined;
        if (reply?.problem !== undefined)
          throw new HttpProblem(503, 'cut-refused', reply.problem.message, {}, RETRY);
        if (reply?.epoch !== undefined && reply.offsets !== undefined)
          return { epoch: reply.epoch, offsets: reply.offsets };
      }
      const why = bus.connected() ? 'No ingestion answers.' : 'NATS is away.';
      throw new HttpProblem(
        503,
        'cut-unanswered',
        `${why} Ask an ingestion itself, at its own address.`,
        {},
        RETRY,
      );
    },
  };
}

const RETRY = { 'retry-after': '1' };
