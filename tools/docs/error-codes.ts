/** Finds the error codes in the sources, by the forms in which code gives them. */
import type { Source } from './sources';

const CODE = "'(?<code>[a-z]+(?:-[a-z0-9]+)*)'";
const STATUS = '(?<status>[1-5]\\d\\d)';

interface Form {
  readonly pattern: RegExp;
  /** How it looks; the spec feeds it through the pattern. */
  readonly example: string;
  /** What HTTP answers with, where the form does not say it itself. */
  readonly status?: string;
  /** The one file in which it means a code. */
  readonly file?: string;
}

const form = (pattern: string, example: string, others: Pick<Form, 'status' | 'file'> = {}): Form => ({
  pattern: new RegExp(pattern, 'gm'),
  example,
  ...others,
});

/** Every form in which a code is given. A new one needs a line here (`unknownForms` says so). */
export const FORMS: readonly Form[] = [
  form(`\\bHttpProblem\\(\\s*${STATUS},\\s*${CODE}`, "new HttpProblem(\n  400,\n  'a-code', …"),
  form(`\\bnew Rejection\\(\\s*${STATUS},\\s*${CODE}`, "new Rejection(413, 'a-code', …"),
  form(`\\bRejection\\.at\\([^,()]*,\\s*${CODE}`, "Rejection.at(pointer, 'a-code', …", { status: '422' }),
  form(`\\bunsupported\\(\\s*${CODE}`, "throw unsupported('a-code', …", { status: '415' }),
  form(`\\b(?:TenonError|Refusal)\\(\\s*${CODE}`, "new TenonError(\n  'a-code', …"),
  form(
    `\\bsuper\\(\\s*${CODE},.*\\bretryable: true`,
    "super('a-code', message, { retryable: true, cause })",
    {
      status: '503',
    },
  ),
  form(`\\bsuper\\(\\s*${CODE}`, "super('a-code', `…`"),
  form(`\\bproblems\\.add\\(\\s*${CODE}`, "this.problems.add(\n  'a-code', …"),
  form(`\\b(?:report|refuse|fault|failure|fileRefusal)\\(\\s*${CODE}`, "return refuse('a-code', …"),
  form(`\\bcode: ${CODE}`, "{ code: 'a-code' }"),
  form(`\\bcode: [^,'\`]*\\? ${CODE}`, "{ code: x === null ? 'a-code' : 'another' }"),
  form(`\\bcode: [^,'\`]*\\? '[a-z-]+' : ${CODE}`, "{ code: x === null ? 'another' : 'a-code' }"),
  form(`^  '?(?<code>[a-z]+(?:-[a-z]+)*)'?: '[A-Z]`, "  'a-code': 'What it means.'", {
    file: 'libs/catalog/src/report.ts',
  }),
  form(`^  ${STATUS}: ${CODE},`, "  403: 'a-code',", { file: 'libs/runtime/src/http/problem.ts' }),
];

/** What looks like a code and is none. */
const NO_CODES: Readonly<Record<string, string>> = { custom: 'of zod, in libs/runtime/src/config.ts' };

/** Calls that may give a code, under whatever name: a literal in them that no form has found is a form that is missing. */
const CALLS =
  /(?:\bnew \w*(?:Problem|Error|Refusal|Rejection|Failure)|\b\w*(?:problem|failure|fault|report|refuse|reject|unsupported)\w*(?:\.\w+)?)\(/gi;
const LITERAL = /'([a-z]+(?:-[a-z]+)+)'/g;
/** Names of headers and the like, which stand in such calls too. */
const NO_LITERALS = new Set([
  'retry-after',
  'content-type',
  'content-encoding',
  'accept-post',
  'last-event-id',
]);

export interface Given {
  /** What HTTP answers with; empty where the code is not met there, or by way of another one. */
  readonly statuses: Set<string>;
  readonly paths: Set<string>;
}

/** Every code that the sources give. */
export function findCodes(sources: readonly Source[]): Map<string, Given> {
  const found = new Map<string, Given>();
  for (const { path, text } of sources)
    for (const { pattern, status, file } of FORMS) {
      if (file !== undefined && file !== path) continue;
      for (const { groups = {} } of text.matchAll(pattern)) {
        const code = groups['code'] as string;
        if (code in NO_CODES) continue;
        const given = found.get(code) ?? { statuses: new Set(), paths: new Set() };
        const answered = groups['status'] ?? status;
        if (answered !== undefined) given.statuses.add(answered);
        given.paths.add(path);
        found.set(code, given);
      }
    }
  return found;
}

/** Literals that look like codes, in calls that look as if they gave one, which no form has found. */
export function unknownForms(sources: readonly Source[], found: ReadonlyMap<string, unknown>): string[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(CALLS)].flatMap(({ index, 0: call }) => {
      const after = text.slice(index + call.length, index + call.length + 300).split(/[;{}]/, 1)[0] as string;
      return [...after.matchAll(LITERAL)]
        .map(([, literal]) => literal as string)
        .filter((literal) => !found.has(literal) && !NO_LITERALS.has(literal))
        .map((literal) => `${literal} (${path}: ${call})`);
    }),
  );
}
