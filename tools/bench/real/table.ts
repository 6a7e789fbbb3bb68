/** Figures of one part, all of one run: each contender's, and how Tenon's compare. */
import { median } from '../child';
import { format } from '../report';
import type { Spent } from './process';

/** One round of one contender. */
export interface Sample extends Spent {
  readonly events: number;
  /** Highest resident memory, bytes. */
  readonly memory?: number;
  /** CPU seconds before the first event. */
  readonly startup?: number;
}

const perCpu = ({ events, cpu }: Sample) => events / cpu;
const perWall = ({ events, wall }: Sample) => events / wall;

export const TENON = 'Tenon';

/** Rounds of several contenders, made in turn so that what the machine does meanwhile meets all of them. */
export class Contest {
  private readonly samples = new Map<string, Sample[]>();

  constructor(
    readonly title: string,
    private readonly unit: string,
    private readonly say: (line: string) => void,
  ) {}

  add(name: string, sample: Sample): void {
    const rounds = this.samples.get(name) ?? [];
    this.samples.set(name, [...rounds, sample]);
    const { cpu, wall } = sample;
    this.say(
      `${this.title}, round ${rounds.length + 1}: ${name}: ${format(perCpu(sample))} ${this.unit} per CPU-second, ` +
        `${format(perWall(sample))} per second (${cpu.toFixed(2)} CPU-s, ${wall.toFixed(2)} s)`,
    );
  }

  has(name: string): boolean {
    return this.samples.has(name);
  }

  /** Medians over the rounds of Tenon's figure by the contender's. */
  ratios(name: string): { readonly cpu: number; readonly wall: number } {
    const [tenon, other] = [this.of(TENON), this.of(name)];
    const ratio = (value: (sample: Sample) => number) =>
      median(other.map((sample, round) => value(tenon[round] ?? sample) / value(sample)));
    return { cpu: ratio(perCpu), wall: ratio(perWall) };
  }

  /** Of the peers, the lowest ratio: that to the best of them, for CPU time and for wall time. */
  worstRatios(names: readonly string[]): { readonly cpu: number; readonly wall: number } {
    const all = names.map((name) => this.ratios(name));
    return { cpu: Math.min(...all.map(({ cpu }) => cpu)), wall: Math.min(...all.map(({ wall }) => wall)) };
  }

  markdown(): string {
    const rows = [...this.samples].map(([name, rounds]) => {
      const ratios = name === TENON ? null : this.ratios(name);
      const memory = median(rounds.map((round) => round.memory ?? NaN));
      const startup = median(rounds.map((round) => round.startup ?? NaN));
      const cells = [
        name,
        format(median(rounds.map(perCpu))),
        ratios === null ? '' : ratios.cpu.toFixed(2),
        format(median(rounds.map(perWall))),
        ratios === null ? '' : ratios.wall.toFixed(2),
        Number.isNaN(memory) ? '' : `${Math.round(memory / 2 ** 20)} MiB`,
        Number.isNaN(startup) ? '' : `${startup.toFixed(2)} s`,
      ];
      return `| ${cells.join(' | ')} |`;
    });
    return [
      `| ${this.unit} | per CPU-second | Tenon by it | per second | Tenon by it | peak memory | CPU before it begins |`,
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n');
  }

  private of(name: string): readonly Sample[] {
    const rounds = this.samples.get(name);
    if (rounds === undefined) throw new Error(`${name} has not run.`);
    return rounds;
  }
}
