/** One timer for all bodies that are being awaited: a timer per request would cost the hot path more than the wait. */

export interface Awaited {
  readonly deadline: number;
  expire(): void;
}

export class BodyWatch {
  private readonly awaited = new Set<Awaited>();
  private readonly timer: NodeJS.Timeout;

  /** @param tickMs how exact deadlines are */
  constructor(tickMs: number) {
    this.timer = setInterval(() => this.sweep(), tickMs);
    this.timer.unref();
  }

  /** Calls `expire` once if `stop` has not been called within `timeoutMs`. */
  start(timeoutMs: number, expire: () => void): Awaited {
    const awaited = { deadline: performance.now() + timeoutMs, expire };
    this.awaited.add(awaited);
    return awaited;
  }

  stop(awaited: Awaited): void {
    this.awaited.delete(awaited);
  }

  close(): void {
    clearInterval(this.timer);
    this.awaited.clear();
  }

  private sweep(): void {
    const now = performance.now();
    for (const awaited of this.awaited) {
      if (awaited.deadline > now) continue;
      this.awaited.delete(awaited);
      awaited.expire();
    }
  }
}
