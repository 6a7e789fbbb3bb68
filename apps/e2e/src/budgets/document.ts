/** The table of budgets in docs/configuration.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(__dirname, '../../../../docs/configuration.md');

export interface Budget {
  readonly setting: string;
  readonly default: string;
  /** What is promised beyond it, in words. */
  readonly beyond: string;
  readonly metric: Metric;
}

/** A metric, and what its lines have among their labels. */
export interface Metric {
  readonly name: string;
  readonly label: string;
}

export function readBudgets(): readonly Budget[] {
  const [, section = ''] = readFileSync(FILE, 'utf8').split('\n## Budgets\n');
  const [table = ''] = section.split('\n## ');
  return table
    .split('\n')
    .filter((line) => /^\| `TENON_/.test(line))
    .map((line) => {
      const [, setting = '', value = '', , beyond = '', metric = ''] = line.split(/\s*\|\s*/);
      const [, name = '', label = ''] = /^`(\w+)(?:\{(.*)\})?`$/.exec(metric) ?? [];
      return { setting: bare(setting), default: bare(value), beyond, metric: { name, label } };
    });
}

const bare = (text: string) => text.replaceAll('`', '');

/** Of all lines together, 0 without any. */
export function sumOf(text: string, { name, label }: Metric): number {
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
