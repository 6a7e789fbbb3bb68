/** `/v1/dead-letters`: what was refused, to be looked at, sent again or dropped. */
import { LETTERS_LIMIT } from '@tenon/contracts';
import { parseTimestamp } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest, Route } from '@tenon/ports';
import type { SourceDesk } from '../intake/source-desk';
import type { Letter } from './letter';
import { letterOf } from './letter';
import type { Found, LetterBook, LetterFilter } from './letter-book';
import { replay } from './replay';

type Query = Readonly<Record<string, string>>;

export interface LetterDesks {
  readonly desks: ReadonlyMap<string, SourceDesk>;
  readonly books: ReadonlyMap<string, LetterBook>;
}

export function lettersRoutes(all: LetterDesks): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/dead-letters',
      query: ['source', 'product', 'code', 'from', 'to', 'limit', 'cursor'],
      handle: async ({ query }) => ({ status: 200, json: await list(all, query) }),
    },
    {
      method: 'GET',
      path: '/v1/dead-letters/:source/:offset',
      query: [],
      handle: async ({ params }) => ({ status: 200, json: await one(all, params) }),
    },
    {
      method: 'POST',
      path: '/v1/dead-letters/replay',
      query: ['source', 'product', 'code', 'from', 'to', 'offsets', 'cursor'],
      handle: async (request) => ({ status: 200, json: await sendAgain(all, request) }),
    },
    {
      method: 'POST',
      path: '/v1/dead-letters/drop',
      query: ['source', 'product', 'code', 'from', 'to', 'offsets', 'cursor'],
      handle: async (request) => ({ status: 200, json: await drop(all, request) }),
    },
  ];
}

const CHOOSING = ['product', 'code', 'from', 'to', 'offsets'] as const;

/** Of what one call settles; the rest is the next one's. */
const AT_A_TIME = 10_000;

async function list(
  all: LetterDesks,
  query: Query,
): Promise<{ letters: readonly Letter[]; next: string | null }> {
  const { min, max, otherwise } = LETTERS_LIMIT;
  const limit = query['limit'] === undefined ? otherwise : whole('limit', query['limit'], min, max);
  const filter = filterOf(query);
  const names =
    query['source'] === undefined ? [...all.books.keys()].sort() : [bookOf(all, query['source']).source];
  const start = query['cursor'] === undefined ? null : cursorOf(query['cursor']);
  const letters: Letter[] = [];
  for (const name of names) {
    if (start !== null && name < start.source) continue;
    const from = start?.source === name ? start.offset : 0;
    if (letters.length === limit) return { letters, next: makeCursor(name, from) };
    const { records, next } = await bookOf(all, name).find(filter, from, limit - letters.length);
    letters.push(...records.map((record) => letterOf(name, record)));
    if (next !== null) return { letters, next: makeCursor(name, next) };
  }
  return { letters, next: null };
}

async function one(all: LetterDesks, params: Query): Promise<Letter> {
  const book = bookOf(all, params['source'] ?? '');
  const offset = /^\d{1,15}$/.test(params['offset'] ?? '') ? Number(params['offset']) : -1;
  const record = offset < 0 ? undefined : await book.letter(offset);
  if (record !== undefined) return letterOf(book.source, record);
  throw new HttpProblem(404, 'unknown-letter', `${book.source} has no dead letter of that number.`);
}

async function sendAgain(all: LetterDesks, { query }: HttpRequest): Promise<object> {
  const { book, records, repeats, next } = await chosen(all, query);
  const desk = all.desks.get(book.source) as SourceDesk;
  const { taken, ...rest } = await replay(desk, records);
  await book.settle(taken, 'replayed', { repeats });
  return { replayed: taken.length, ...rest, next };
}

async function drop(all: LetterDesks, { query }: HttpRequest): Promise<object> {
  // An empty question must not mean everything.
  if (!CHOOSING.some((name) => query[name] !== undefined))
    throw bad('code', `Say which: ${CHOOSING.join(', ')}.`);
  const { book, records, repeats, next } = await chosen(all, query);
  await book.settle(records, 'dropped', { repeats });
  return { dropped: records.length, next };
}

async function chosen(
  all: LetterDesks,
  query: Query,
): Promise<Pick<Found, 'records' | 'repeats'> & { book: LetterBook; next: string | null }> {
  if (query['source'] === undefined) throw bad('source', 'source says whose letters are meant.');
  const book = bookOf(all, query['source']);
  const from = query['cursor'] === undefined ? 0 : cursorOf(query['cursor']).offset;
  const { records, repeats, next } = await book.find(filterOf(query), from, AT_A_TIME);
  return { book, records, repeats, next: next === null ? null : makeCursor(book.source, next) };
}

function bookOf({ books }: LetterDesks, name: string): LetterBook {
  const book = books.get(name);
  if (book !== undefined) return book;
  const asked = JSON.stringify(name.slice(0, 100));
  throw new HttpProblem(
    404,
    'unknown-source',
    `There is no source ${asked}. Sources: ${[...books.keys()].join(', ')}.`,
  );
}

function filterOf(query: Query): LetterFilter {
  const { product, code } = query;
  return {
    ...{ product, code },
    from: moment('from', query),
    to: moment('to', query),
    ...(query['offsets'] !== undefined && {
      offsets: new Set(
        query['offsets'].split(',').map((text) => whole('offsets', text, 0, Number.MAX_SAFE_INTEGER)),
      ),
    }),
  };
}

function moment(name: 'from' | 'to', query: Query): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const micros = parseTimestamp(text);
  if (micros === undefined) throw bad(name, `${name} is no time: write it like 2001-01-31T00:00:00Z.`);
  return Math.floor(micros / 1000);
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw bad(
    name,
    name === 'offsets'
      ? 'offsets are whole numbers, separated by commas.'
      : `${name} is a whole number from ${min} to ${max}.`,
  );
}

const makeCursor = (source: string, offset: number) =>
  Buffer.from(JSON.stringify({ v: 1, s: source, o: offset })).toString('base64url');

function cursorOf(text: string): { source: string; offset: number } {
  try {
    const value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as {
      v?: unknown;
      s?: unknown;
      o?: unknown;
    } | null;
    if (
      value?.v === 1 &&
      typeof value.s === 'string' &&
      Number.isSafeInteger(value.o) &&
      (value.o as number) >= 0
    )
      return { source: value.s, offset: value.o as number };
  } catch {
    // falls through to the same answer as any other forged cursor
  }
  throw bad(
    'cursor',
    'cursor is not one that this question was answered with; ask without it for the first page.',
  );
}

const bad = (parameter: string, detail: string) =>
  new HttpProblem(400, 'bad-parameter', detail, { parameter });
