/** Ctrl-C and SIGTERM: the first asks for a clean end, the second insists. */

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Resolves at the first SIGINT or SIGTERM; one after that ends the process at once. */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const interrupt = (signal: NodeJS.Signals) => {
      if (asked) insist(signal);
      asked = true;
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, interrupt);
  });
}

/** As if nobody had listened for the signal: an exit in order would wait for the threads of native code. */
function insist(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** Less than the 25 s that docs/deployment.md promises. */
const GRACE_MS = 24_000;

/** Waits for an end in order; one that takes too long is cut off, and with it the process. */
export async function endInTime(stop: () => Promise<void>): Promise<void> {
  const timer = setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS);
  try {
    await stop();
  } finally {
    clearTimeout(timer);
  }
}

/** A signal that aborts at the first SIGINT or SIGTERM; `say` is called then. */
export function interruptSignal(say: () => void = () => undefined): AbortSignal {
  const controller = new AbortController();
  void untilInterrupted().then(() => {
    controller.abort();
    say();
  });
  return controller.signal;
}
