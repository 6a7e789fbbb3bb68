/** Each instance answers for itself when the deployment is asked for its status. */
import { hostname } from 'node:os';
import { SUBJECTS } from '@tenon/contracts';
import type { Value } from '@tenon/domain';
import type { Bus, Subscription } from '@tenon/ports';
import type { PartitionLag, Supervised } from '@tenon/runtime';
import { version } from './version';

export async function respondStatus(
  bus: Bus,
  services: readonly Supervised[],
  lags: () => readonly PartitionLag[],
): Promise<{ close(): Promise<void> }> {
  const instance = `${hostname()}/${process.pid}`;
  const subscriptions: Subscription[] = [];
  for (const service of services)
    subscriptions.push(
      await bus.respond(SUBJECTS.status, () => {
        const running = service.current();
        const { ok, reason } = running.ready();
        const mine = lags().filter((one) => one.service === service.name);
        const state = {
          ...{ name: service.name, instance, version, ready: ok },
          ...(reason !== undefined && { reason }),
          restarts: service.restarts(),
          ...(mine.length > 0 && { lag: mine.reduce((sum, { lag }) => sum + lag, 0) }),
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
