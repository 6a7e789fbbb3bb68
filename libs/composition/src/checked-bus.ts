/** A bus that hands on only what fits the wire's schemas: whoever else is on the server can say anything on its subjects. */
import { messagesOn, misfit } from '@tenon/contracts';
import type { GuardedMessage } from '@tenon/contracts';
import type { Bus } from '@tenon/ports';
import type { PassedOver } from '@tenon/telemetry';

export function checkedBus(bus: Bus, passedOver: PassedOver): Bus {
  const fits = (message: GuardedMessage | undefined, subject: string, payload: unknown): boolean => {
    const reason = message === undefined ? undefined : misfit(message, payload);
    if (reason !== undefined && message !== undefined) passedOver.add(message, { subject, reason });
    return reason === undefined;
  };
  return {
    publish: (subject, payload, headers) => bus.publish(subject, payload, headers),
    subscribe: (to, handle) =>
      bus.subscribe(to, (message) => {
        const { subject, payload } = message;
        if (fits(messagesOn(subject)?.message, subject, payload)) handle(message);
      }),
    request: async (subject, payload, options) => {
      const reply = messagesOn(subject)?.reply;
      const { enough } = options;
      const isOne = (one: unknown) => reply === undefined || misfit(reply, one) === undefined;
      const replies = await bus.request(subject, payload, {
        ...options,
        ...(enough && { enough: (all) => enough(all.filter(isOne)) }),
      });
      return replies.filter((one) => fits(reply, subject, one));
    },
    // Nothing to say is what every one of them may answer.
    respond: (to, answer, options) =>
      bus.respond(
        to,
        (message) => {
          const { subject, payload } = message;
          return fits(messagesOn(subject)?.message, subject, payload) ? answer(message) : null;
        },
        options,
      ),
    connected: () => bus.connected(),
    close: () => bus.close(),
  };
}
