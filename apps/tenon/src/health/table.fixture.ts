/** The table of docs/deployment.md that says what is told where. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Row {
  readonly what: string;
  /** What the status warns of, and the doctor prints. */
  readonly codes: readonly string[];
  readonly healthz: number;
  readonly readyz: number;
  readonly degraded: boolean;
  /** Null: there is none. */
  readonly metric: string | null;
  readonly todo: string;
}

const HEADING = '### What is wrong, and where it is told';

/** @throws where a row says something else than a row may */
export function readTable(): readonly Row[] {
  const page = readFileSync(join(__dirname, '../../../../docs/deployment.md'), 'utf8');
  const [, section = ''] = page.split(HEADING);
  const [part = ''] = section.split(/^## /m);
  const lines = part.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => {
    const [what = '', warning = '', alive = '', ready = '', metric = '', todo = ''] = line
      .split(/(?<!\\)\|/)
      .slice(1)
      .map((cell) => cell.trim());
    const codes = [...warning.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
    const isDegraded = ready === 'degraded';
    if (
      codes.length === 0 ||
      todo === '' ||
      !/^(200|503)$/.test(alive) ||
      !/^(200|503|degraded)$/.test(ready)
    )
      throw new Error(`No row: ${line}`);
    return {
      ...{ what, codes, todo, healthz: Number(alive), degraded: isDegraded },
      readyz: isDegraded ? 200 : Number(ready),
      metric: metric === '' ? null : metric.replaceAll('`', ''),
    };
  });
}

const EXPRESSION = /^(\w+)(?:\{(\w+="[^"]*")\})?(?: (==|>|<) (\S+))?$/;

/**
 * @param text what `/metrics` says
 * @param expression of one metric, as Prometheus would read it
 * @returns whether an alert of it would fire
 */
export function fires(text: string, expression: string): boolean {
  const [, name, label = '', operator, bound] = EXPRESSION.exec(expression) ?? [];
  if (name === undefined) throw new Error(`No expression: ${expression}`);
  const samples = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => line.includes(label))
    .map((line) => Number(line.split(' ').at(-1)));
  const holds = (value: number) =>
    operator === undefined ||
    (operator === '=='
      ? value === Number(bound)
      : operator === '>'
        ? value > Number(bound)
        : value < Number(bound));
  return samples.some(holds);
}
