/** Strict query strings: plain names, each once, each known. Nothing here ever becomes an array or an object. */
import { HttpProblem } from '@tenon/errors';

export type Query = Readonly<Record<string, string>>;

const NONE: Query = Object.freeze(Object.create(null) as Record<string, string>);

const decode = (text: string) => decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text);

/** The same questions are asked again and again; as many of them, and texts as long as this, are remembered. */
const REMEMBERED = 2_000;
const LONGEST = 500;
const remembered = new Map<string, Query>();

/**
 * @param text what follows the `?`, undecoded
 * @param known the parameters of the route; null: any
 * @throws HttpProblem 400 `bad-encoding`, `bad-parameter`, `repeated-parameter`, `unknown-parameter`
 */
export function parseQuery(text: string, known: readonly string[] | null): Query {
  if (text === '') return NONE;
  if (known !== null || text.length > LONGEST) return taken(text, known);
  let query = remembered.get(text);
  if (query !== undefined) return query;
  query = Object.freeze(taken(text, known));
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(text, query);
  return query;
}

function taken(text: string, known: readonly string[] | null): Query {
  const query = Object.create(null) as Record<string, string>;
  for (const part of text.split('&')) {
    if (part === '') continue;
    const [name, value] = nameAndValue(part);
    const parameter = { parameter: name };
    // Where any name is known, values are held against data, which may hold a NUL.
    if (name === '' || /[[\]\0]/.test(name) || (known !== null && value.includes('\0'))) {
      throw new HttpProblem(
        400,
        'bad-parameter',
        `Parameter "${printable(name)}" is not written as name=value.`,
        parameter,
      );
    }
    if (name in query) {
      throw new HttpProblem(
        400,
        'repeated-parameter',
        `Parameter "${printable(name)}" is given twice.`,
        parameter,
      );
    }
    if (known !== null && !known.includes(name)) {
      const hint = known.length === 0 ? 'This path takes none.' : `This path takes: ${known.join(', ')}.`;
      throw new HttpProblem(
        400,
        'unknown-parameter',
        `Parameter "${printable(name)}" is not known. ${hint}`,
        parameter,
      );
    }
    query[name] = value;
  }
  return query;
}

function nameAndValue(part: string): [string, string] {
  const equals = part.indexOf('=');
  try {
    return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
  } catch {
    throw new HttpProblem(400, 'bad-encoding', 'The query string holds a bad percent-encoding.');
  }
}

const printable = (name: string) => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);

/** @throws HttpProblem 400 if a path's percent-encoding is none, or hides a NUL. */
export function checkPath(path: string): void {
  if (!path.includes('%')) return;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw new HttpProblem(400, 'bad-encoding', 'The path holds a bad percent-encoding.');
  }
  if (decoded.includes('\0')) throw new HttpProblem(400, 'bad-encoding', 'The path holds a NUL.');
}
