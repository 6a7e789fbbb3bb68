/** A client of the flights: what it was told, and what it was answered, to be held against the log. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IngestAnswer, RowsAnswer } from '@tenon/contracts';
import type { AcceptedLog } from '../exactness/accepted';
import type { Layer, LedgerAnswer } from '../exactness/check';
import { checkLedger, checkRows } from '../exactness/check';
import type { OracleProduct } from '../exactness/products';
import type { Random } from '../exactness/random';
import type { Acknowledged } from '../exactness/read-log';
import type { Sent } from '../exactness/scenario';
import { callWith } from '../exactness/wire';

export const LAYERS: readonly Layer[] = ['merged', 'batch', 'speed'];

interface Answered {
  readonly product: OracleProduct;
  readonly layer: Layer;
  readonly answer: RowsAnswer;
}

/** A request to the deployment, whichever process takes it. */
export type Request = (path: string, init?: RequestInit) => Promise<Response>;

export class FlightsClient {
  readonly acknowledged: Acknowledged[] = [];
  private readonly answers: Answered[] = [];
  private readonly ledgers: LedgerAnswer[] = [];
  private receipt = '';

  constructor(
    private readonly request: Request,
    private readonly products: readonly OracleProduct[],
    private readonly random: Random,
  ) {}

  /** Sends in one call, again and again until it is acknowledged. */
  async send(events: readonly Sent[]): Promise<void> {
    const { contentType = '', body = [] } = callWith(events, this.random);
    const init = { method: 'POST', headers: { 'content-type': contentType }, body: body.join('') };
    const answer = await this.json<IngestAnswer>('/v1/sources/flights/events?items=all', init);
    for (const { index, position } of answer.items ?? [])
      if (position !== undefined) this.acknowledged.push({ sent: events[index] as Sent, ...position });
    this.receipt = answer.receipt;
  }

  async cut(full = false): Promise<number> {
    const path = `/v1/cuts?wait=true&full=${full}&timeout=120000`;
    return (await this.json<{ epoch: number }>(path, { method: 'POST' })).epoch;
  }

  /** Asks once for each product and layer. @param query of all of these */
  async ask(query: Readonly<Record<string, string>> = {}): Promise<void> {
    for (const product of this.products) for (const layer of LAYERS) await this.askFor(product, layer, query);
    const { products } = await this.json<{ products: LedgerAnswer[] }>('/v1/ledger');
    this.ledgers.push(...products);
  }

  async askFor(product: OracleProduct, layer: Layer, query: Readonly<Record<string, string>> = {}) {
    const parameters = new URLSearchParams({ layer, limit: '10000', ...query });
    const answer = await this.json<RowsAnswer>(`/v1/products/${product.name}/rows?${parameters}`);
    this.answers.push({ product, layer, answer });
    return answer;
  }

  /** Asks for what includes all that was acknowledged. */
  async askForAll(): Promise<void> {
    for (const product of this.products)
      await this.askFor(product, 'merged', { after: this.receipt, timeout: '60000' });
    await this.ask();
  }

  /** Waits until all products serve a generation. */
  async untilServed(generation: number): Promise<void> {
    for (const product of this.products)
      for (;;) {
        const { answer } = await this.askFor(product, 'merged');
        if (answer.generation >= generation && answer.behind === 0) break;
        await sleep(100);
      }
  }

  /** The last answer of each product and layer. */
  get last(): readonly RowsAnswer[] {
    return this.answers.slice(-this.products.length * LAYERS.length).map(({ answer }) => answer);
  }

  /**
   * Every answer that there was, at the offsets that it names.
   *
   * @param untimed the last cut that edition 2 began: it does not say when, so rows are provisional until the next one
   * @returns how many rows were compared
   */
  check(log: AcceptedLog, untimed: number): number {
    let rows = 0;
    for (const { product, layer, answer } of this.answers)
      rows += checkRows(product, log, answer, { layer, timed: answer.answer.generation > untimed });
    for (const ledger of this.ledgers)
      checkLedger(this.products.find(({ name }) => name === ledger.product) as OracleProduct, log, ledger, [
        'conflicts',
      ]);
    return rows;
  }

  get answered(): number {
    return this.answers.length;
  }

  private async json<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await this.request(path, init);
    const answer = (await response.json()) as T;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }
}
