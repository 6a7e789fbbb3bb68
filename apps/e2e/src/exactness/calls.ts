/** How the calls of a process go: each waits for its turn, and may fail, be lost, or take effect after its process has died. */
import { Unavailable } from '@tenon/errors';
import type { Counters } from './counters';
import type { Process, Simulation } from './simulation';
import { Gone } from './simulation';

/** How often things go wrong. */
export interface Faults {
  /** A call fails before it has done anything. */
  readonly refused: number;
  /** An append is done, but its caller is told that it failed. */
  readonly lostAck: number;
  /** A transaction is committed, but its caller is told that nobody knows. Where the store is on servers. */
  readonly lostCommit: number;
  /** An append of states is acknowledged and lost. */
  readonly vanished: number;
  /** A bit of an append of states is another one once it is in the log. */
  readonly flipped: number;
  /** A client library sends an append twice. */
  readonly doubled: number;
  /** A call that waits when its process dies takes effect all the same, at some later time. */
  readonly afterDeath: number;
}

export class Calls {
  constructor(
    readonly simulation: Simulation,
    readonly faults: Faults,
    readonly counters: Counters,
  ) {}

  /** One call: its turn, then the operation, unless the seed has it fail. */
  async call<T>(process: Process, what: string, operation: () => Promise<T>): Promise<T> {
    await this.simulation.turn(process, what);
    this.refuseAtRandom(what);
    const result = await this.simulation.inside(operation);
    if (!process.alive) throw new Gone();
    return result;
  }

  refuseAtRandom(what: string): void {
    if (!this.simulation.random.chance(this.faults.refused)) return;
    this.counters.add('refused calls');
    throw new Unavailable(`${what} failed at random`);
  }

  /**
   * A call that changes something outside of the process: once it has been sent, it may take effect although its process
   * dies, and even later, when a new incarnation is at work.
   */
  async effect<T>(
    process: Process,
    what: string,
    operation: () => Promise<T>,
    half?: () => Promise<unknown>,
  ): Promise<T> {
    try {
      await this.simulation.turn(process, what);
    } catch (error) {
      this.leaveBehind(process, what, operation, half);
      throw error;
    }
    this.refuseAtRandom(what);
    const result = await this.simulation.inside(operation);
    if (!process.alive) throw new Gone();
    return result;
  }

  private leaveBehind(
    process: Process,
    what: string,
    operation: () => Promise<unknown>,
    half?: () => Promise<unknown>,
  ): void {
    const { random } = this.simulation;
    if (!random.chance(this.faults.afterDeath)) return;
    const torn = half !== undefined && random.chance(0.8);
    this.counters.add(torn ? 'torn appends' : 'calls after death');
    // Nobody waits for it, and nobody is told.
    void this.simulation
      .turn(this.simulation.network, `${what} of ${process.name}, which is dead`)
      .then(() => this.simulation.inside(torn ? half : operation))
      .catch(() => undefined);
  }
}

/** An iterable of an adapter whose steps run as `inside` says, and whose end as `ending` does. */
export async function* each<T>(
  inside: <R>(operation: () => Promise<R>) => Promise<R>,
  ending: (operation: () => Promise<unknown>) => Promise<unknown>,
  iterable: AsyncIterable<T>,
): AsyncGenerator<T> {
  const iterator = iterable[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await inside(() => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await ending(async () => iterator.return?.());
  }
}
