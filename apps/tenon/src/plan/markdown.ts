/** A plan as the summary of a pull request. */
import type { Problem } from '@tenon/domain';
import type { Planned } from './plan';
import type { RowsText } from './rows/words';
import { rowsText } from './rows/words';
import { linesOf, summaryOf, whoOf } from './words';

export function markdownOf(planned: Planned): string {
  const { problems, against, directory } = planned;
  const lines = linesOf(planned);
  const changed = lines.filter(({ outcome }) => outcome !== 'unchanged');
  const notices = lines.flatMap(({ kind, name, change }) =>
    change.notices.map((notice) => ({ who: whoOf(kind), name, notice })),
  );
  const breaking = notices.filter(({ notice }) => notice.breaking);
  const others = notices.filter(({ notice }) => !notice.breaking);
  const section = (title: string, all: readonly string[]) =>
    all.length === 0 ? [] : [`**${title}**`, '', ...all, ''];
  return [
    `### Tenon plan: ${text(directory)}`,
    '',
    `${text(summaryOf(planned))} Compared with ${text(against)}.`,
    '',
    ...(changed.length === 0 || problems.length > 0
      ? []
      : [
          '| | name | version | outcome | what changes |',
          '|---|---|---|---|---|',
          ...changed.map(
            ({ kind, name, versions, word, what }) =>
              `| ${kind} | ${text(name)} | ${versions} | ${word} | ${text(what)} |`,
          ),
          '',
        ]),
    ...section('Problems', problems.map(problemLine)),
    ...section(
      'Who would notice',
      breaking.map(({ who, name, notice }) => `- ${who} of ${text(name)}: ${noticeText(notice)}`),
    ),
    ...section(
      'Good to know',
      others.map(({ name, notice }) => `- ${text(name)}: ${noticeText(notice)}`),
    ),
    ...(planned.rows ?? []).flatMap((one) => rowsSection(rowsText(one))),
  ].join('\n');
}

function rowsSection({ title, sentences, head, lines }: RowsText): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [
    line(head.map(text)),
    `|${'---|'.repeat(head.length)}`,
    ...lines.map((cells) => line(cells.map(text))),
  ];
  return [
    `**Rows of ${text(title)}**`,
    '',
    ...sentences.map(text),
    '',
    ...(lines.length === 0 ? [] : [...table, '']),
  ];
}

function problemLine({ place, ...problem }: Problem): string {
  const at = [place?.file, place?.line, place?.column].filter((part) => part !== undefined).join(':');
  return `- ${at === '' ? '' : `\`${at.replaceAll('`', '')}\` `}${noticeText(problem)}`;
}

const noticeText = ({ code, message, hint }: Problem) =>
  `${text(message)}${hint === undefined ? '' : ` ${text(hint)}`} \`${code}\``;

/** Names and values of others are no Markdown. */
const text = (raw: string) => raw.replace(/[\r\n]+/g, ' ').replace(/[\\`*_{}[\]<>|#]/g, (one) => `\\${one}`);
