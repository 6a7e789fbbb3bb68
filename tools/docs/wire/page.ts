/** The tables of docs/wire.md. */
import { VERSIONS } from '@tenon/contracts';
import type { Message } from '@tenon/contracts/schemas';
import { messages } from './json-schemas';

type Row = readonly string[];

const SECTIONS: readonly { readonly title: string; readonly has: (message: Message) => boolean }[] = [
  { title: 'Topics', has: ({ on }) => 'topic' in on },
  { title: 'Subjects', has: ({ on }) => 'subject' in on },
  { title: 'Documents of the store', has: ({ on }) => 'table' in on },
  { title: 'Handed over by clients', has: ({ on }) => 'http' in on },
];

function placeOf({ on }: Message): string {
  if ('topic' in on) return `\`${on.topic}\``;
  if ('subject' in on)
    return (
      on.subject
        .split(', ')
        .map((one) => `\`${one}\``)
        .join(', ') + (on.kind === 'message' ? '' : ` (${on.kind})`)
    );
  if ('table' in on) return `${on.table}: \`${on.key}\``;
  return on.http;
}

const listOf = (who: readonly string[]) =>
  ['ingestion', 'speed', 'batch', 'consumption', 'serving'].every((one) => who.includes(one))
    ? 'all'
    : who.join(', ') || 'edition 2';

/** Begins and ends what `npm run docs:wire` writes into the page. */
export const [BEGIN, END] = ['<!-- made by npm run docs:wire -->', '<!-- end of what is made -->'];

export function tables(): string {
  return SECTIONS.map(({ title, has }) => {
    const rows: Row[] = messages
      .filter(([, message]) => has(message))
      .map(([name, message]) => {
        const { writes, reads } = VERSIONS[name];
        return [
          `[\`${name}\`](../libs/contracts/schemas/${name}.json)`,
          `${message.title}; on ${placeOf(message)}`,
          `${listOf(message.writers)} → ${listOf(message.readers)}`,
          `${message.writers.length === 0 ? '' : `writes ${writes}, `}reads ${reads.join(', ')}; ${message.version}`,
          message.unknown,
        ];
      });
    return `### ${title}\n\n${table(['message', 'what, and where', 'who', 'version', 'of an unknown version'], rows)}`;
  }).join('\n\n');
}

/** As prettier writes it. */
function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] as string).length)),
  );
  const line = (cells: Row) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] as number)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The page with its tables as they should be. */
export function withTables(page: string): string {
  const [before, after] = [page.split(BEGIN)[0], page.split(END)[1]];
  return `${before}${BEGIN}\n\n${tables()}\n\n${END}${after}`;
}
