/** Typed access to the keys of one mapping; what is wrong is reported and the fallback taken. */
import type { Place } from '@tenon/domain';
import { didYouMean } from './nearest';
import type { Report } from './report';
import { isMapping } from './yaml-file';
import type { Path, YamlFile } from './yaml-file';

/** What is said of a key that people expect and that is not there. */
export type KnownMistakes = Readonly<Record<string, string>>;

export class Settings {
  private constructor(
    private readonly yaml: YamlFile,
    private readonly path: Path,
    private readonly values: Record<string, unknown>,
    private readonly report: Report,
  ) {}

  /** The mapping that a whole file is; undefined, and reported, if it is something else. */
  static ofFile(yaml: YamlFile, report: Report): Settings | undefined {
    const content = yaml.content();
    if (isMapping(content)) return new Settings(yaml, [], content, report);
    report(
      'yaml-shape',
      `${yaml.file} must be a mapping of keys to values.`,
      yaml.place([]),
      'Write lines such as `key: value`.',
    );
    return undefined;
  }

  get(key: string): unknown {
    return Object.hasOwn(this.values, key) ? this.values[key] : undefined;
  }

  place(...path: Path): Place {
    return this.yaml.place([...this.path, ...path]);
  }

  /** Reports every key that is not among `known`. */
  only(known: readonly string[], mistakes: KnownMistakes = {}): this {
    for (const key of Object.keys(this.values)) {
      if (known.includes(key)) continue;
      const hint = Object.hasOwn(mistakes, key) ? mistakes[key]! : didYouMean(key, known, 'keys');
      this.report(
        'key-unknown',
        `Unknown key ${this.named(key)}.`,
        this.yaml.keyPlace([...this.path, key]),
        hint,
      );
    }
    return this;
  }

  /** A mapping below this one; undefined if the key is absent (or, reported, no mapping). */
  section(key: string): Settings | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (isMapping(value)) return new Settings(this.yaml, [...this.path, key], value, this.report);
    this.invalid(key, 'a mapping of keys to values');
    return undefined;
  }

  integer(
    key: string,
    range: { readonly min: number; readonly max: number; readonly fallback: number },
  ): number {
    const value = this.get(key);
    if (value === undefined) return range.fallback;
    if (Number.isInteger(value) && (value as number) >= range.min && (value as number) <= range.max)
      return value as number;
    this.invalid(key, `a whole number from ${range.min} to ${range.max}`);
    return range.fallback;
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'string') return value;
    this.invalid(
      key,
      'a text',
      typeof value === 'number' || typeof value === 'boolean'
        ? `Put it in quotes: '${String(value)}'.`
        : undefined,
    );
    return undefined;
  }

  oneOf<T extends string>(key: string, choices: readonly T[], fallback: T): T {
    const value = this.get(key);
    if (value === undefined) return fallback;
    if (choices.includes(value as T)) return value as T;
    const hint = typeof value === 'string' ? didYouMean(value, choices, 'values') : undefined;
    this.invalid(key, `one of ${choices.join(', ')}`, hint);
    return fallback;
  }

  /** Reports that the key's value should be `wanted`. */
  invalid(key: string, wanted: string, hint?: string): void {
    const shown = JSON.stringify(this.get(key)) ?? 'nothing';
    const short = shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
    this.report(
      'value-invalid',
      `${this.named(key)} must be ${wanted}, not ${short}.`,
      this.place(key),
      hint,
    );
  }

  private named(key: string): string {
    return [...this.path, key].join('.');
  }
}
