/** `tenon dlq`: what was refused, to be looked at, sent again or dropped. */
import type { Value } from '@tenon/domain';
import type { Command } from 'commander';
import { Argument, Option } from 'commander';
import { Client, segment } from '../cli/client';
import { usage } from '../cli/failure';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { grouped, printJson, styles } from '../cli/output';
import { cellText, plainTable } from '../cli/rows';

const EXAMPLES = [
  ['tenon dlq list --source orders', 'what was refused, the oldest first'],
  ['tenon dlq list --product revenue --json', 'what one product could not take'],
  ['tenon dlq show orders/12', 'one letter: the reason, and the event as it came'],
  ['tenon dlq replay --source orders --code schema-violation', 'send it again, after the schema was mended'],
  ['tenon dlq drop orders/12 orders/13', 'nobody has to look at these any more'],
] as const;

type Action = 'list' | 'show' | 'replay' | 'drop';

interface DlqOptions extends CommonOptions {
  readonly source?: string;
  readonly product?: string;
  readonly code?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

interface Letter {
  readonly source: string;
  readonly offset: number;
  readonly at: string;
  readonly product: string | null;
  readonly code: string;
  readonly detail: string;
}

export function dlqCommand(output: Output): Command {
  return command('dlq', 'Look at dead letters, send them again, or drop them', EXAMPLES)
    .addArgument(new Argument('<action>', 'What to do').choices(['list', 'show', 'replay', 'drop']))
    .argument('[letters...]', 'Which, as source/number; else those that the options say')
    .option('--source <name>', 'Of this source')
    .option('--product <name>', 'Refused by this product')
    .option('--code <code>', 'Refused with this code')
    .option('--from <time>', 'Refused at or after this time')
    .option('--to <time>', 'Refused before this time')
    .addOption(
      new Option('--limit <n>', 'Letters that are listed').argParser(integerIn(1, 1_000_000)).default(40),
    )
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (action: Action, letters: readonly string[], options: DlqOptions) => {
      const client = new Client(options.url);
      try {
        if (action === 'list') await list(client, options, output);
        else if (action === 'show') await show(client, letters, output);
        else await settle(client, action, letters, options, output);
      } finally {
        client.close();
      }
    });
}

const filterOf = ({ source, product, code, from, to }: DlqOptions) => ({ source, product, code, from, to });

async function list(client: Client, options: DlqOptions, output: Output): Promise<void> {
  const letters: Letter[] = [];
  let cursor: string | undefined;
  do {
    const limit = String(Math.min(1000, options.limit - letters.length));
    const query = { ...filterOf(options), limit, cursor };
    const page = await client.json<{ letters: Letter[]; next: string | null }>('/v1/dead-letters', { query });
    letters.push(...page.letters);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && letters.length < options.limit);
  if (options.json) return void printJson({ letters, next: cursor ?? null }, output);
  const { bold, dim } = styles(output.out);
  if (letters.length === 0) return void output.out.write('No dead letters.\n');
  const rows = letters.map(({ source, offset, at, product, code, detail }) =>
    [`${source}/${offset}`, at, product ?? '', code, shortened(detail)].map((text) =>
      cellText(text as Value),
    ),
  );
  output.out.write(plainTable(['letter', 'at', 'product', 'code', 'detail'].map(bold), rows, []));
  if (cursor !== undefined) output.out.write(dim('There are more (--limit).\n'));
}

const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

async function show(client: Client, letters: readonly string[], output: Output): Promise<void> {
  if (letters.length === 0) throw usage('Say which letter.', 'For example: tenon dlq show orders/12');
  for (const { source, offset } of letters.map(nameOf)) {
    const letter = await client.json(`/v1/dead-letters/${segment(source)}/${offset}`);
    output.out.write(`${JSON.stringify(letter, null, 2)}\n`);
  }
}

async function settle(
  client: Client,
  action: 'replay' | 'drop',
  letters: readonly string[],
  options: DlqOptions,
  output: Output,
): Promise<void> {
  const named = new Map<string, number[]>();
  for (const { source, offset } of letters.map(nameOf))
    named.set(source, [...(named.get(source) ?? []), offset]);
  if (letters.length === 0 && options.source === undefined)
    throw usage(
      'Say which letters: by name, or with --source.',
      `For example: tenon dlq ${action} orders/12`,
    );
  const queries =
    letters.length === 0
      ? [filterOf(options)]
      : [...named].map(([source, offsets]) => ({ ...filterOf(options), source, offsets: offsets.join(',') }));
  const total = { replayed: 0, dropped: 0, inLog: 0, truncated: 0, refused: {} as Record<string, number> };
  for (const query of queries) {
    let cursor: string | undefined;
    do {
      const path = `/v1/dead-letters/${action}`;
      const answer = await client.json<Partial<typeof total> & { next: string | null }>(path, {
        method: 'POST',
        query: { ...query, cursor },
      });
      for (const name of ['replayed', 'dropped', 'inLog', 'truncated'] as const)
        total[name] += answer[name] ?? 0;
      for (const [code, count] of Object.entries(answer.refused ?? {}))
        total.refused[code] = (total.refused[code] ?? 0) + count;
      cursor = answer.next ?? undefined;
    } while (cursor !== undefined);
  }
  if (options.json) return void printJson(total, output);
  if (action === 'drop') return void output.out.write(`${grouped(total.dropped)} dropped.\n`);
  output.out.write(`${grouped(total.replayed)} sent again and taken.\n`);
  for (const [code, count] of Object.entries(total.refused))
    output.out.write(`${grouped(count)} refused again: ${code}.\n`);
  if (total.inLog > 0)
    output.out.write(
      `${grouped(total.inLog)} in the log already: what a product's SQL refused is judged anew when its next version is built, ` +
        `and what has another event's id (id-conflict) needs an id of its own.\n`,
    );
  if (total.truncated > 0) output.out.write(`${grouped(total.truncated)} were too long to be kept whole.\n`);
}

function nameOf(text: string): { source: string; offset: number } {
  const match = /^([^/]+)\/(\d{1,15})$/.exec(text);
  if (match === null) throw usage(`${text} is no letter.`, 'Write it as tenon dlq list shows it: orders/12');
  return { source: match[1] as string, offset: Number(match[2]) };
}
