/**
 * Answers of before, asked for again: what a generation served then is what it serves now, as long as it is kept, and an answer's
 * permalink gives its rows or says that they are gone.
 */
import type { RowsAnswer } from '@tenon/contracts';
import { HttpProblem } from '@tenon/errors';
import { Wrong, checkRows } from './check';
import type { Stage } from './clients';
import { isAway, logOf } from './clients';
import type { OracleProduct } from './products';
import { bodyOf, requestOf } from './requests';
import { Gone } from './simulation';

interface Noted {
  readonly product: OracleProduct;
  readonly self: string;
  readonly layer: 'merged' | 'batch';
  readonly generation: number;
  readonly rows: string;
}

/** Answers that are remembered, at most. */
const MOST = 60;

export const SEEN_PAST = {
  generations: 'generations of before asked for',
  permalinks: 'permalinks of both layers answered',
  gone: 'generations that were gone',
  folded: 'permalinks whose records were folded with others',
} as const;

/** How many generations the products of a seed keep: also none. */
export const keptIn = (seed: number): number => [20, 3, 1, 0][seed % 4] as number;

export class PastAnswers {
  private readonly noted: Noted[] = [];

  constructor(private readonly keeps: number) {}

  note(product: OracleProduct, layer: string, query: object, answer: RowsAnswer): void {
    if (layer === 'speed' || 'from' in query || 'to' in query) return;
    const { self, generation } = answer.answer;
    if (self === undefined) {
      if (!answer.answer.troubles?.some(({ code }) => code.startsWith('layer')))
        throw new Wrong('no permalink');
      return;
    }
    const one = { product, self, layer: layer as Noted['layer'], generation, rows: textOf(layer, answer) };
    if (this.noted.push(one) > MOST) this.noted.shift();
  }

  async askAgain(stage: Stage): Promise<void> {
    const { deployment, random, counters } = stage;
    if (this.noted.length === 0) return;
    const { product, self, layer, generation, rows } = random.pick(this.noted);
    const url = new URL(self, 'http://tenon');
    const query = Object.fromEntries(url.searchParams);
    const option = (one: string) => query[one] ?? query[`option.${one}`];
    const name = decodeURIComponent(url.pathname.split('/')[3] ?? '');
    const isOfGeneration = /^\d+(@\d+)?$/.test(option('asOf') ?? '');
    try {
      const response = await deployment.ask(
        'serving',
        'GET',
        '/v1/products/:name/rows',
        requestOf({ params: { name }, query }),
      );
      const answer = bodyOf(response) as RowsAnswer;
      if (textOf(layer, answer) !== rows)
        throw new Wrong(`${self} answered\n${rows}\nand answers now\n${textOf(layer, answer)}`);
      if (option('limit') === '10000' && Object.keys(query).length <= 4)
        checkRows(product, logOf(stage, product.source), answer, { layer, wanted: wantedBy(product, query) });
      counters.add(isOfGeneration ? SEEN_PAST.generations : SEEN_PAST.permalinks);
    } catch (error) {
      if (isAway(stage, product.name, error)) throw new Gone();
      if (!(error instanceof HttpProblem) || error.status === 503) throw error;
      this.mayBeGone(self, generation, isOfGeneration, error);
      counters.add(error.code === 'answer-gone' ? SEEN_PAST.folded : SEEN_PAST.gone);
    }
  }

  private mayBeGone(self: string, generation: number, isOfGeneration: boolean, error: HttpProblem): void {
    const { newest } = error.extra as { readonly newest?: { readonly generation: number } };
    // Each generation is kept on another line too while everything is computed anew, so half of them for sure.
    const isKept = newest !== undefined && newest.generation - generation < this.keeps / 2;
    const isBefore = generation === 0 || newest === undefined;
    if (isOfGeneration && (error.code === 'generation-gone' ? !isKept : isBefore)) return;
    if (!isOfGeneration && error.code === 'answer-gone') return;
    if (!isOfGeneration && error.code === 'generation-unknown' && isBefore) return;
    throw new Wrong(`${self}: ${error.code}: ${error.message}`);
  }
}

/** What speed had becomes part of the base view, and with that a row's status another one. */
const textOf = (layer: string, { rows }: RowsAnswer) =>
  layer === 'batch' ? JSON.stringify(rows) : JSON.stringify(rows.map(({ _status, ...row }) => row));

/** Columns that are called as what every object or question has. */
const NO_COLUMNS = { from: true, constructor: true };

function wantedBy(product: OracleProduct, query: Readonly<Record<string, string>>) {
  return (key: readonly unknown[]) =>
    product.keyColumns.every((column, part) => {
      const wanted = query[`where.${column}`] ?? (column in NO_COLUMNS ? undefined : query[column]);
      return wanted === undefined || key[part] === wanted;
    });
}
