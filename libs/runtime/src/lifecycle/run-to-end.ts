/** The life of a process around what it runs: from its start to a signal, or to a failure, and to its exit code. */
import type { Logger } from '@tenon/ports';
import { CUT_OFF } from './end-process';

export interface Running {
  /** Resolves with the reason if what runs fails for good; never otherwise. */
  readonly failed: Promise<unknown>;
  /** Answers what is in flight, finishes what is begun, lets go of what is held. */
  stop(): Promise<void>;
}

/** What of `process` is used here. */
export interface ProcessEvents {
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
}

export interface LifeOptions {
  readonly logger: Logger;
  /** An orderly end may take this long; what then still runs is cut off. */
  readonly graceMs: number;
  readonly events: ProcessEvents;
}

/** Within the 25 s that the docs promise, and so within the 30 s that Kubernetes gives before it kills. */
export const SHUTDOWN_GRACE_MS = 24_000;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const FAULTS = ['uncaughtException', 'unhandledRejection'] as const;

type End =
  { readonly kind: 'signal'; readonly signal: string } | { readonly kind: 'fault'; readonly error: unknown };

/**
 * Runs until a signal (exit code 0) or a failure (1: whoever runs this process starts it again). A second signal, or an end
 * that takes too long, is `CUT_OFF`.
 *
 * @param start rejects if it can't be started; that is the caller's to report
 * @returns the exit code, for `endProcess`
 */
export async function runToEnd(start: () => Promise<Running>, options: LifeOptions): Promise<number> {
  const { logger, graceMs, events } = options;
  let again: () => void = () => undefined;
  const secondSignal = new Promise<'again'>((resolve) => (again = () => resolve('again')));
  let end: (end: End) => void = () => undefined;
  const ended = new Promise<End>((resolve) => (end = resolve));
  let signals = 0;
  const listeners = [
    ...SIGNALS.map((signal) => {
      const listener = () => ((signals += 1) === 1 ? end({ kind: 'signal', signal }) : again());
      return [signal, listener] as const;
    }),
    ...FAULTS.map((fault) => [fault, (error: unknown) => end({ kind: 'fault', error })] as const),
  ];
  for (const [event, listener] of listeners) events.on(event, listener);
  try {
    const starting = start();
    // A signal during the start is heard when it has started: there is nothing yet that could be ended in order.
    const running = await Promise.race([starting, secondSignal]);
    if (running === 'again') return CUT_OFF;
    void running.failed.then((error) => end({ kind: 'fault', error }));
    const why = await ended;
    if (why.kind === 'signal')
      logger.info({ signal: why.signal }, 'ending: what is in flight is finished first');
    else logger.error({ err: why.error }, 'failed, ending: whoever runs this starts it again');
    const stopped = await stopWithin(running, graceMs, secondSignal, logger);
    if (!stopped) return CUT_OFF;
    return why.kind === 'signal' ? 0 : 1;
  } finally {
    for (const [event, listener] of listeners) events.off(event, listener);
  }
}

async function stopWithin(
  running: Running,
  graceMs: number,
  secondSignal: Promise<'again'>,
  logger: Logger,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), graceMs)));
  try {
    const outcome = await Promise.race([running.stop().then(() => 'stopped' as const), late, secondSignal]);
    if (outcome === 'late') logger.error({ graceMs }, 'the end took too long, cut off');
    if (outcome === 'stopped') logger.info({}, 'ended');
    return outcome === 'stopped';
  } catch (error) {
    logger.error({ err: error }, 'the end did not go well');
    return false;
  } finally {
    clearTimeout(timer);
  }
}
