/** What the run has found: requirements with wanted and held, the figures behind them, and the page of it all. */

interface Requirement {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  /** Null: it could not be measured. */
  readonly holds: boolean | null;
}

export class Findings {
  private readonly requirements: Requirement[] = [];
  private readonly sections: string[] = [];

  constructor(readonly say: (line: string) => void) {}

  require(what: string, wanted: string, found: string, holds: boolean | null): void {
    this.requirements.push({ what, wanted, found, holds });
    this.say(`${holds === null ? '?' : holds ? '✓' : '✗'} ${what}: ${found} (wanted ${wanted})`);
  }

  /** A ratio that shall be reached by CPU time and by wall time. */
  requireRatios(what: string, least: number, ratios: { readonly cpu: number; readonly wall: number }): void {
    this.require(
      `${what}, per CPU-second`,
      `at least ${least}`,
      `${ratios.cpu.toFixed(2)} times`,
      ratios.cpu >= least,
    );
    this.require(
      `${what}, per second`,
      `at least ${least}`,
      `${ratios.wall.toFixed(2)} times`,
      ratios.wall >= least,
    );
  }

  section(title: string, ...paragraphs: readonly string[]): void {
    this.sections.push(`## ${title}\n\n${paragraphs.join('\n\n')}\n`);
  }

  markdown(): string {
    const rows = this.requirements.map(
      ({ what, wanted, found, holds }) =>
        `| ${what} | ${wanted} | ${found} | ${holds === null ? 'not measured' : holds ? 'yes' : '**no**'} |`,
    );
    const table = ['| figure | wanted | found | holds |', '| --- | --- | --- | --- |', ...rows].join('\n');
    return [table, '', ...this.sections].join('\n');
  }
}
