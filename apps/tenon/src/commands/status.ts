/** `tenon status`: what runs, and how far each product is. */
import type { VersionAnswer } from '@tenon/contracts';
import type { Problem } from '@tenon/domain';
import type { Command } from 'commander';
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { describeProblem, grouped, styles } from '../cli/output';
import { plainTable } from '../cli/rows';
import { partitionsText, uptimeText } from '../cli/service-facts';
import { progressText } from '../versions/follow';

const EXAMPLES = [
  ['tenon status', 'services and products at a glance'],
  ['tenon status --json', 'everything that /v1/status says'],
] as const;

interface Service {
  readonly name: string;
  /** Host and process; services of one process share it. */
  readonly instance?: string;
  readonly version?: string;
  /** Seconds. */
  readonly uptime?: number;
  /** The fingerprint of the catalog that it runs. */
  readonly catalog?: string;
  /** Topic → partition that it holds → the offset that it reads next. */
  readonly partitions?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Records of the log that it has yet to read; absent where it reads none. */
  readonly lag?: number;
  readonly ready?: boolean;
  /** False: it is known to be there, and does not answer. */
  readonly answering?: boolean;
  readonly reason?: string;
  readonly restarts?: number;
}

export interface StatusAnswer {
  readonly services?: readonly Service[];
  readonly products?: readonly {
    readonly name: string;
    readonly version: number;
    readonly topology: string;
    readonly generation: number;
    readonly behind: number;
    /** Events that it could not take; of these, those with the id of another one. */
    readonly deadLettered?: number;
    readonly conflicts?: number;
    readonly status: string;
    readonly versions?: readonly VersionAnswer[];
  }[];
  /** What is not as it should be, although the question was answered. */
  readonly warnings?: readonly Problem[];
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
const PATH = ['ingestion', 'speed', 'batch', 'archive', 'consumption', 'serving'];

function printStatus(
  { services = [], products = [], warnings = [] }: StatusAnswer,
  url: string,
  output: Output,
): void {
  const { out, err } = output;
  const { bold } = styles(out);
  out.write(`${bold('Tenon')} at ${url}\n\n`);
  const differing = new Set(
    warnings
      .filter(({ code }) => code === 'catalog-differs')
      .map(({ message }) => message.split(' runs ')[0]),
  );
  const order = (name: string) => PATH.indexOf(name);
  const lines = [...services]
    .sort((a, b) => order(a.name) - order(b.name) || (a.instance ?? '').localeCompare(b.instance ?? ''))
    .map((service) => lineOf(service, differing.has(`${service.name} ${service.instance}`), output));
  const head = ['service', 'instance', 'version', 'up', 'state', 'partitions', 'lag', 'catalog', ''];
  if (lines.length > 0) out.write(`${plainTable(head, lines, [3, 6])}\n`);
  const refused = products.some(({ deadLettered = 0 }) => deadLettered > 0);
  const rows = products.map(({ name, version, topology, generation, behind, status, ...one }) => [
    ...[`${name} v${version}`, topology, String(generation), grouped(behind), status],
    ...(refused ? [refusedText(one)] : []),
  ]);
  const heads = ['product', 'topology', 'generation', 'behind', 'status', ...(refused ? ['refused'] : [])];
  if (rows.length > 0) out.write(plainTable(heads, rows, [2, 3]));
  const others = products.flatMap(({ name, versions = [] }) =>
    versions
      .filter(({ state }) => state !== 'served' && state !== 'dropped')
      .map((one) => [`${name} v${one.version}`, progressText(one), one.until ?? '']),
  );
  if (others.length > 0) out.write(`\n${plainTable(['beside it', 'state', 'kept until'], others, [])}`);
  for (const warning of warnings)
    err.write(`${styles(err).yellow('warning')} ${describeProblem(warning, err)}`);
}

function refusedText({
  deadLettered = 0,
  conflicts = 0,
}: {
  deadLettered?: number;
  conflicts?: number;
}): string {
  if (conflicts === 0) return grouped(deadLettered);
  return `${grouped(deadLettered)}, ${grouped(conflicts)} of them id conflicts`;
}

function lineOf(service: Service, differs: boolean, { out }: Output): string[] {
  const { green, red, yellow } = styles(out);
  const { name, instance = '', version = '', uptime, ready, lag, catalog, restarts = 0, reason } = service;
  const state = service.answering === false ? 'silent' : ready === false ? 'not ready' : 'ready';
  return [
    name,
    instance,
    version,
    uptime === undefined ? '' : uptimeText(uptime),
    (ready === false ? red : green)(state),
    partitionsText(service.partitions ?? {}),
    lag === undefined ? '' : grouped(lag),
    catalog === undefined ? '' : differs ? yellow(`${catalog.slice(0, 8)} differs`) : catalog.slice(0, 8),
    [reason, restarts > 0 ? `started again ${restarts} times` : undefined]
      .filter((text) => text !== undefined)
      .join('; '),
  ];
}
