/** Keeps a service running: one that fails is started again, after a pause that grows while it keeps failing. */
import type { Clock, Logger, RunningService } from '@tenon/ports';

export interface Supervised {
  readonly name: string;
  current(): RunningService;
  /** How often it was started again. */
  restarts(): number;
  stop(): Promise<void>;
}

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** A service that ran this long is taken to be well again. */
const WELL_AFTER = 60_000;

/** @throws what the first start throws; later failures are logged and retried */
export async function supervise(
  deps: { readonly clock: Clock; readonly logger: Logger },
  start: () => Promise<RunningService>,
): Promise<Supervised> {
  let service = await start();
  let restarts = 0;
  const stopping = new AbortController();

  const watch = async () => {
    let pause = FIRST_PAUSE;
    while (!stopping.signal.aborted) {
      const began = deps.clock.monotonic();
      const error = await service.done.then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error === null || stopping.signal.aborted) return;
      if (deps.clock.monotonic() - began > WELL_AFTER) pause = FIRST_PAUSE;
      deps.logger.error({ error, service: service.name, pause }, 'service failed, starting it again');
      await service.stop().catch(() => undefined);
      await deps.clock.sleep(pause, stopping.signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      service = await restart(deps, start, service, stopping.signal);
      restarts += 1;
    }
  };
  const watched = watch();

  return {
    name: service.name,
    current: () => service,
    restarts: () => restarts,
    stop: async () => {
      stopping.abort();
      await service.stop();
      await watched;
    },
  };
}

async function restart(
  deps: { readonly clock: Clock; readonly logger: Logger },
  start: () => Promise<RunningService>,
  failed: RunningService,
  signal: AbortSignal,
): Promise<RunningService> {
  for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await start();
    } catch (error) {
      deps.logger.error({ error, service: failed.name, pause }, 'service does not start, trying again');
      await deps.clock.sleep(pause, signal);
    }
  }
  return failed;
}
