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
    const over = () => {
      if (this.underway === underway) this.underway = null;
    };
    underway.then(over, over);
    return underway;
  }
}
