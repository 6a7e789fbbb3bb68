/** Fields of `data` by their names in a source: `customer.id` is the field id of the object customer. */
import type { JsonSchema } from '@tenon/domain';
import { exactDigits, stringifyExactly } from './exact-integers';
import { pointerSegment } from './rejection';

type Holder = Readonly<Record<string, unknown>>;

export class FieldPath {
  private readonly last: string;
  /** JSON pointer below `data`. */
  readonly pointer: string;

  private constructor(
    private readonly above: readonly string[],
    last: string,
  ) {
    this.last = last;
    this.pointer = [...above, last].map(pointerSegment).join('');
  }

  /** A property that the schema calls so, dots and all, is meant before a path. */
  static of(name: string, schema: JsonSchema): FieldPath {
    const properties = (schema as { properties?: unknown } | null)?.properties;
    const isOwn = typeof properties === 'object' && properties !== null && Object.hasOwn(properties, name);
    const steps = isOwn ? [name] : name.split('.');
    return new FieldPath(steps.slice(0, -1), steps.at(-1) as string);
  }

  /** The value; undefined where there is none, and never what every object inherits, such as `valueOf`. */
  valueIn(data: Holder): unknown {
    const holder = this.holderIn(data);
    return holder !== undefined && Object.hasOwn(holder, this.last) ? holder[this.last] : undefined;
  }

  /** The value as text; null where there is none. */
  textIn(data: Holder): string | null {
    const value = this.valueIn(data);
    if (typeof value === 'string') return value;
    if (value === undefined || value === null) return null;
    if (typeof value === 'object') return stringifyExactly(value);
    return exactDigits(this.holderIn(data), this.last) ?? String(value);
  }

  private holderIn(data: Holder): Holder | undefined {
    let holder: unknown = data;
    for (const step of this.above) {
      if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, step)) return undefined;
      holder = (holder as Holder)[step];
    }
    return typeof holder === 'object' && holder !== null ? (holder as Holder) : undefined;
  }
}
