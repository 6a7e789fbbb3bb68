/** Options that several commands share, and how their values are checked. */
import { Command, InvalidArgumentError, Option } from 'commander';

export interface CommonOptions {
  readonly json?: boolean;
  readonly url: string;
}

/** TENON_URL, else the port that `tenon up` of the same environment would take. */
export function defaultUrl(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return environment['TENON_URL'] || `http://127.0.0.1:${environment['TENON_PORT'] || '7070'}`;
}

export const jsonOption = (what = 'Print the result as JSON') => new Option('--json', what);

export const urlOption = (what = 'Where Tenon runs (or TENON_URL)') =>
  new Option('--url <url>', what).default(defaultUrl(), defaultUrl());

/** A command with its examples at the end of its --help. */
export function command(
  name: string,
  description: string,
  examples: readonly (readonly [call: string, what: string])[],
): Command {
  const width = Math.max(...examples.map(([call]) => call.length));
  const lines = examples.map(([call, what]) => `  ${call.padEnd(width)}  ${what}`);
  return new Command(name)
    .description(description)
    .showHelpAfterError(`Run \`tenon ${name.split(' ')[0]} --help\` for all options.`)
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export function integerIn(min: number, max: number): (text: string) => number {
  return (text) => {
    if (!/^\d{1,12}$/.test(text) || Number(text) < min || Number(text) > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return Number(text);
  };
}

export function numberAbove(limit: number): (text: string) => number {
  return (text) => {
    if (text.trim() === '' || !Number.isFinite(Number(text)) || Number(text) <= limit) {
      throw new InvalidArgumentError(`It must be a number above ${limit}.`);
    }
    return Number(text);
  };
}

/** `name=value`, repeatable; a second value for a name would be ambiguous. */
export function pair(text: string, previous: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('Write it as dimension=value.');
  const name = text.slice(0, at);
  if (Object.hasOwn(previous, name)) throw new InvalidArgumentError(`${name} is given twice.`);
  return { ...previous, [name]: text.slice(at + 1) };
}

/** A name, repeatable. */
export const names = (text: string, previous: readonly string[] = []) => [...previous, text];

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time in milliseconds, or never. Not null for the latter: commander takes a null for a missing value. */
export type Interval = number | 'off';

/** `30s`, `5m`, `1h`, or `off`. */
export function interval(text: string): Interval {
  if (text.trim() === 'off') return 'off';
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text.trim()) ?? [];
  const ms = unit !== undefined && Object.hasOwn(UNITS, unit) ? Number(amount) * UNITS[unit]! : 0;
  if (ms <= 0) throw new InvalidArgumentError('Write it like 30s, 5m or 1h, or off.');
  return ms;
}

/** As the services take it. */
export const millisecondsOf = (every: Interval): number | null => (every === 'off' ? null : every);
