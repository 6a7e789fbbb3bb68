/** `tenon status`: what runs, and how far each product is. */
import type { Command } from 'commander';
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { grouped, styles } from '../cli/output';
import { plainTable } from '../cli/rows';

const EXAMPLES = [
  ['tenon status', 'services and products at a glance'],
  ['tenon status --json', 'everything that /v1/status says'],
] as const;

export interface StatusAnswer {
  readonly services?: readonly {
    readonly name: string;
    /** Host and process; services of one process share it. */
    readonly instance?: string;
    /** Records of the log that it has yet to read; absent where it reads none. */
    readonly lag?: number;
    readonly ready?: boolean;
    readonly reason?: string;
    readonly restarts?: number;
  }[];
  readonly products?: readonly {
    readonly name: string;
    readonly version: number;
    readonly topology: string;
    readonly generation: number;
    readonly behind: number;
    readonly status: string;
  }[];
}

export function statusCommand(output: Output): Command {
  return command('status', 'Show what runs and how far each product is', EXAMPLES)
    .addOption(jsonOption('Print what /v1/status answers'))
    .addOption(urlOption())
    .action(async (options: CommonOptions) => {
      const client = new Client(options.url);
      try {
        const text = await client.text('/v1/status');
        if (options.json) output.out.write(`${text.trimEnd()}\n`);
        else printStatus(JSON.parse(text) as StatusAnswer, options.url, output);
      } finally {
        client.close();
      }
    });
}

/** In the order in which data flows through them, whoever answered first. */
const PATH = ['ingestion', 'speed', 'batch', 'consumption', 'serving'];

function printStatus({ services = [], products = [] }: StatusAnswer, url: string, { out }: Output): void {
  const { bold, green, red } = styles(out);
  out.write(`${bold('Tenon')} at ${url}\n\n`);
  const order = (name: string) => PATH.indexOf(name);
  const states = [...services]
    .sort((a, b) => order(a.name) - order(b.name) || (a.instance ?? '').localeCompare(b.instance ?? ''))
    .map(({ name, instance = '', lag, ready, reason, restarts = 0 }) => [
      name,
      instance,
      ready === false ? red('not ready') : green('ready'),
      lag === undefined ? '' : grouped(lag),
      [reason, restarts > 0 ? `started again ${restarts} times` : undefined]
        .filter((text) => text !== undefined)
        .join('; '),
    ]);
  if (states.length > 0)
    out.write(`${plainTable(['service', 'instance', 'state', 'lag', ''], states, [3])}\n`);
  const rows = products.map(({ name, version, topology, generation, behind, status }) => [
    ...[`${name} v${version}`, topology, String(generation), grouped(behind), status],
  ]);
  out.write(plainTable(['product', 'topology', 'generation', 'behind', 'status'], rows, [2, 3]));
}
