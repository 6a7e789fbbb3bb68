/** Ctrl-C and SIGTERM: the first asks for a clean end, the second insists. */

/** Resolves at the first SIGINT or SIGTERM; one after that ends the process at once. */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const interrupt = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
  });
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
