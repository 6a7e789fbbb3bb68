/** Each service answers for itself when the deployment is asked for its status. */
import { SUBJECTS } from '@tenon/contracts';
import type { Value } from '@tenon/domain';
import type { Bus, Subscription } from '@tenon/ports';
import type { Supervised } from '@tenon/runtime';

export async function respondStatus(
  bus: Bus,
  services: readonly Supervised[],
): Promise<{ close(): Promise<void> }> {
  const subscriptions: Subscription[] = [];
  for (const service of services)
    subscriptions.push(
      await bus.respond(SUBJECTS.status, () => {
        const running = service.current();
        const { ok, reason } = running.ready();
        const state = {
          name: service.name,
          ready: ok,
          ...(reason !== undefined && { reason }),
          restarts: service.restarts(),
        };
        return { ...state, ...running.status() } as Value;
      }),
    );
  return {
    close: async () => {
      for (const subscription of subscriptions) await subscription.close();
    },
  };
}
