/**
 * A deterministic world for real services over real adapters. Whatever a service asks of a port waits for its turn;
 * the simulation lets one go on at a time, in an order that the seed chooses, and time is a number that moves when
 * nobody can do anything. So a process can be stopped between any two calls, go on later as a zombie, or leave a call
 * behind that takes effect after its death; and a seed gives the same run again.
 */
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { Random } from './random';

/** What a call of a process that is no more rejects with. */
export class Gone extends Error {
  constructor() {
    super('the process is gone');
    this.name = 'Gone';
  }
}

/** One incarnation of a service, or a client. */
export class Process {
  alive = true;
  /** Stopped as by SIGSTOP: none of its calls goes on. */
  frozen = false;
  /** How often it gets a turn, compared with others. */
  pace = 1;
  /** Takes cuts that ask for a full recomputation for plain ones, as a release would that did not know of them. */
  overlooksFull = false;
  private readonly onDeath = new Set<() => void>();

  constructor(
    readonly name: string,
    readonly id: number,
  ) {}

  /** Rejects with `Gone` once the process has died, whatever `work` does. */
  whileAlive<T>(work: Promise<T>): Promise<T> {
    if (!this.alive) return Promise.reject(new Gone());
    return new Promise((resolve, reject) => {
      const die = () => reject(new Gone());
      this.onDeath.add(die);
      work.then(resolve, reject).finally(() => this.onDeath.delete(die));
    });
  }

  died(): void {
    this.alive = false;
    for (const die of this.onDeath) die();
    this.onDeath.clear();
  }
}

interface Turn {
  readonly process: Process;
  readonly what: string;
  /** Goes on from this time on, or as soon as `ready`. */
  readonly due: number;
  readonly ready: (() => boolean) | null;
  go(): void;
  /** The process died while it waited. */
  lose(): void;
}

export interface TurnOptions {
  readonly due?: number;
  readonly ready?: () => boolean;
}

export class Simulation {
  /** Milliseconds since the epoch. */
  now: number;
  steps = 0;
  /** What the world is about, for who reads that it is stuck. */
  about = 'disturbed';
  /** Operations of adapters that are under way. */
  private busy = 0;
  private idle: (() => void) | null = null;
  private turns: Turn[] = [];
  /** Where calls are that outlived their process. */
  readonly network = new Process('network', 0);

  constructor(
    readonly random: Random,
    startAt: number,
  ) {
    this.now = startAt;
  }

  /** Waits until it is this call's turn. Rejects with `Gone` if the process dies before. */
  turn(process: Process, what: string, options: TurnOptions = {}): Promise<void> {
    if (!process.alive) return Promise.reject(new Gone());
    return new Promise((resolve, reject) => {
      this.turns.push({
        process,
        what,
        due: options.due ?? 0,
        ready: options.ready ?? null,
        go: resolve,
        lose: () => reject(new Gone()),
      });
    });
  }

  /** Runs an operation of an adapter to its end before anything else gets a turn. */
  async inside<T>(operation: () => Promise<T>): Promise<T> {
    this.busy += 1;
    try {
      return await operation();
    } finally {
      this.busy -= 1;
      if (this.busy === 0) this.idle?.();
    }
  }

  /** For code of a service that an operation calls back: it may wait for turns. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    this.busy -= 1;
    if (this.busy === 0) this.idle?.();
    try {
      return await work();
    } finally {
      this.busy += 1;
    }
  }

  /** A process that is there for a while: a client, or whoever injects faults. */
  async sleep(process: Process, ms: number): Promise<void> {
    await this.turn(process, 'sleep', { due: this.now + ms });
  }

  /** True while a call of this kind waits for its turn. */
  isAbout(process: Process, what: string): boolean {
    return this.turns.some((turn) => turn.process === process && turn.what.startsWith(what));
  }

  kill(process: Process): void {
    const lost = this.turns.filter((turn) => turn.process === process);
    this.turns = this.turns.filter((turn) => turn.process !== process);
    process.died();
    for (const turn of lost) turn.lose();
  }

  /** Lets calls go on until `done`. */
  async run(done: () => boolean, maxSteps: number): Promise<void> {
    for (const last = this.steps + maxSteps; ; this.steps += 1) {
      await this.settle();
      if (done()) return;
      if (this.steps >= last)
        throw new Error(`not done after ${maxSteps} steps, ${this.about}; waiting: ${this.describe()}`);
      this.next();
    }
  }

  private next(): void {
    const able = this.turns.filter(
      (turn) => !turn.process.frozen && (turn.due <= this.now || turn.ready?.() === true),
    );
    if (able.length === 0) {
      const due = this.turns.filter((turn) => !turn.process.frozen).map((turn) => turn.due);
      const earliest = Math.min(...due);
      if (!Number.isFinite(earliest)) throw new Error(`nobody can go on; waiting: ${this.describe()}`);
      this.now = earliest;
      return;
    }
    const chosen = this.choose(able);
    this.turns.splice(this.turns.indexOf(chosen), 1);
    this.now += this.random.next() * 0.5;
    chosen.go();
  }

  private choose(able: readonly Turn[]): Turn {
    let left = this.random.next() * able.reduce((sum, turn) => sum + turn.process.pace, 0);
    for (const turn of able) {
      left -= turn.process.pace;
      if (left <= 0) return turn;
    }
    return able.at(-1) as Turn;
  }

  /** Until every adapter and every service has done all that it can without another turn. */
  async settle(): Promise<void> {
    do {
      if (this.busy > 0) await new Promise<void>((resolve) => (this.idle = resolve));
      this.idle = null;
      await turnOfEventLoop();
    } while (this.busy > 0);
  }

  private describe(): string {
    const frozen = (turn: Turn) => (turn.process.frozen ? ' (frozen)' : '');
    return (
      this.turns.map((turn) => `${turn.process.name}: ${turn.what}${frozen(turn)}`).join(', ') || 'nobody'
    );
  }
}
