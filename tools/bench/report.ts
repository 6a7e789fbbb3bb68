/** Prints figures as they come and keeps them for docs/benchmarks.md. */
import { cpus, totalmem } from 'node:os';

export class Report {
  private readonly lines: string[] = [];

  /** A figure of Tenon beside another's, both of this run. */
  ratio(
    what: string,
    tenon: number,
    other: number,
    unit: string,
    against: string,
    wanted: number,
    note = '',
  ): void {
    const ratio = tenon / other;
    this.row(
      what,
      `${format(tenon)} ${unit}`,
      `${format(other)} (${against})`,
      `${ratio.toFixed(2)} (at least ${wanted})`,
      ratio >= wanted,
      note,
    );
  }

  /** A figure with a bound of its own. */
  bound(what: string, value: string, wanted: string, holds: boolean, note = ''): void {
    this.row(what, value, '', wanted, holds, note);
  }

  /** A figure without a bound. */
  fact(what: string, value: string, note = ''): void {
    this.row(what, value, '', '', true, note);
  }

  private row(
    what: string,
    value: string,
    other: string,
    wanted: string,
    holds: boolean,
    note: string,
  ): void {
    this.lines.push(
      `| ${what} | ${value} | ${other} | ${wanted} | ${wanted === '' ? '' : holds ? 'yes' : '**no**'} | ${note} |`,
    );
    console.log(
      `${holds ? '  ' : '! '}${what}: ${value}${other && `, beside ${other}`}${wanted && `, ${wanted}`}${note && ` — ${note}`}`,
    );
  }

  markdown(): string {
    const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
    return [
      `Machine: ${machine}. Date: ${new Date().toISOString().slice(0, 10)}.`,
      '',
      '| figure | Tenon | beside | wanted | holds | note |',
      '|---|---|---|---|---|---|',
      ...this.lines,
      '',
    ].join('\n');
  }
}

export function format(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value < 10 ? 2 : 0);
}
