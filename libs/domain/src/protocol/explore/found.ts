/** The states that were found, in the order of their distance, and the steps between them: flat, as there are many. */
import type { State } from './world';

/** An array of small numbers that grows. */
class Column<A extends Uint16Array | Int32Array> {
  size = 0;

  constructor(private array: A) {}

  push(value: number): void {
    if (this.size === this.array.length) {
      const longer = new (this.array.constructor as new (length: number) => A)(this.size * 2);
      longer.set(this.array);
      this.array = longer;
    }
    this.array[this.size++] = value;
  }

  at(index: number): number {
    return this.array[index] as number;
  }
}

export class Found {
  private readonly numbers = new Map<string, number>();
  private readonly parts = new Column(new Uint16Array(1 << 16));
  private readonly parents = new Column(new Int32Array(1 << 12));
  /** The states that steps lead to, and where in that list the steps of each state begin. */
  private readonly targets = new Column(new Int32Array(1 << 16));
  private readonly begins = new Column(new Int32Array(1 << 12));

  constructor(private readonly width: number) {}

  get size(): number {
    return this.parents.size;
  }

  get steps(): number {
    return this.targets.size;
  }

  /** @param parent the state that it was first found from; -1: none. @returns its number, and if it is new */
  add(state: State, parent: number): boolean {
    const key = String.fromCharCode(...state);
    const known = this.numbers.get(key);
    const number = known ?? this.parents.size;
    if (parent >= 0) this.targets.push(number);
    if (known !== undefined) return false;
    this.numbers.set(key, number);
    this.parents.push(parent);
    for (const part of state) this.parts.push(part);
    return true;
  }

  /** The steps that are added from here on are those of the next state. */
  beginSteps(): void {
    this.begins.push(this.targets.size);
  }

  state(number: number): State {
    return Array.from({ length: this.width }, (_, part) => this.parts.at(number * this.width + part));
  }

  /** The states from the initial one to this one. */
  pathTo(number: number): State[] {
    const path: State[] = [];
    for (let at = number; at >= 0; at = this.parents.at(at)) path.unshift(this.state(at));
    return path;
  }

  /** The first state from which no steps lead to a wanted one; -1: there is none. All steps must have been added. */
  firstThatCannotReach(isWanted: (state: State) => boolean): number {
    const reaches = new Uint8Array(this.size);
    for (let at = 0; at < this.size; at++) if (isWanted(this.state(at))) reaches[at] = 1;
    for (let changed = true; changed;) {
      changed = false;
      // Steps lead mostly to states that were found later, so this way round few passes do.
      for (let at = this.size - 1; at >= 0; at--) {
        if (reaches[at] === 1) continue;
        const end = at + 1 < this.begins.size ? this.begins.at(at + 1) : this.targets.size;
        for (let step = this.begins.at(at); step < end; step++)
          if (reaches[this.targets.at(step)] === 1) {
            reaches[at] = 1;
            changed = true;
            break;
          }
      }
    }
    return reaches.indexOf(0);
  }
}
