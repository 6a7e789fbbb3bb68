/** The bus of a simulated world: hints may get lost, and a dead or frozen process hears nothing. */
import type { Bus, BusMessage } from '@tenon/ports';
import type { Value } from '@tenon/domain';
import type { Process, Simulation } from './simulation';

interface Listener {
  readonly process: Process;
  readonly subject: string;
  readonly handle: (message: BusMessage) => void | Value | Promise<Value>;
}

export class SimulatedBus {
  private readonly subscribers = new Set<Listener>();
  private readonly responders = new Set<Listener>();

  constructor(
    private readonly simulation: Simulation,
    private readonly lossRate: number,
  ) {}

  /** The bus as one process sees it. */
  for(process: Process): Bus {
    return {
      publish: (subject, payload, headers = {}) => {
        if (!process.alive) return;
        for (const listener of this.listening(this.subscribers, subject))
          if (!this.simulation.random.chance(this.lossRate))
            queueMicrotask(() => {
              if (listener.process.alive) void listener.handle({ subject, payload, headers });
            });
      },
      subscribe: (subject, handle) => this.listen(this.subscribers, { process, subject, handle }),
      respond: (subject, handle) => this.listen(this.responders, { process, subject, handle }),
      request: async (subject, payload, { timeoutMs, max, headers = {} }) => {
        await this.simulation.turn(process, `request ${subject}`);
        const answers = this.listening(this.responders, subject)
          .slice(0, max ?? Infinity)
          .map((listener) => listener.handle({ subject, payload, headers }) as Value | Promise<Value>);
        if (answers.length === 0) await this.simulation.sleep(process, timeoutMs);
        return Promise.all(answers);
      },
      connected: () => true,
      close: async () => undefined,
    };
  }

  private listening(listeners: ReadonlySet<Listener>, subject: string): Listener[] {
    return [...listeners].filter(
      (one) => hears(one.subject, subject) && one.process.alive && !one.process.frozen,
    );
  }

  private async listen(listeners: Set<Listener>, listener: Listener): Promise<{ close(): Promise<void> }> {
    listeners.add(listener);
    return {
      close: async () => {
        listeners.delete(listener);
      },
    };
  }
}

/** `a.>` hears everything below `a`. */
const hears = (wanted: string, subject: string) =>
  wanted.endsWith('>') ? subject.startsWith(wanted.slice(0, -1)) : wanted === subject;
