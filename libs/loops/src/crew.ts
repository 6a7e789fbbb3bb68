/** What a service is made of, where parts come and go while the others run. */
import type { Startable } from './start-all';
import { startAll } from './start-all';

export interface Member extends Startable {
  /** Rejects if it fails for good; read once it has started. */
  readonly done: Promise<void>;
}

export class Crew<M extends Member> {
  private readonly members = new Map<string, M>();
  private fail: (reason: unknown) => void = () => undefined;
  private end: () => void = () => undefined;
  /** Rejects with the first of its members that fails while it is one; resolves when all are stopped. */
  readonly done: Promise<void>;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
    this.done.catch(() => undefined); // whoever holds `done` handles it; without a holder it must not end the process
  }

  get all(): readonly M[] {
    return [...this.members.values()];
  }

  get(name: string): M | undefined {
    return this.members.get(name);
  }

  /**
   * Stops who is wanted no more, and then starts who is new. Those that stay are not touched.
   *
   * @param wanted by names that say all of what each is made of
   * @throws what the first one that does not start throws: none of the new ones runs then
   */
  async change(wanted: ReadonlyMap<string, () => M>): Promise<void> {
    const gone = [...this.members].filter(([name]) => !wanted.has(name));
    for (const [name] of gone) this.members.delete(name);
    await Promise.all(gone.map(([, member]) => member.stop()));
    const added = [...wanted].flatMap(([name, make]) =>
      this.members.has(name) ? [] : [{ name, member: make() }],
    );
    await startAll(added.map(({ member }) => member));
    for (const { name, member } of added) {
      this.members.set(name, member);
      member.done.catch((error: unknown) => {
        if (this.members.get(name) === member) this.fail(error);
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((member) => member.stop()));
    this.end();
  }
}
