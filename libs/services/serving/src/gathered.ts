/** Calls that come while one is under way share the next one: each still asks for something that was read after it came. */
export class Gathered<T> {
  private underway: Promise<T> | null = null;
  private next: Promise<T> | null = null;

  constructor(private readonly read: () => Promise<T>) {}

  ask(): Promise<T> {
    if (this.underway === null) return this.begin();
    this.next ??= this.underway
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        this.next = null;
        return this.begin();
      });
    return this.next;
  }

  private begin(): Promise<T> {
    const underway = this.read();
    this.underway = underway;
    void this.forget(underway);
    return underway;
  }

  private async forget(underway: Promise<T>): Promise<void> {
    try {
      await underway;
    } catch {
      // Theirs to hear of who asked.
    }
    if (this.underway === underway) this.underway = null;
  }
}
