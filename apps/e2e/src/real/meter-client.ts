/** Sends readings to whichever ingestion is there and asks whichever serving is there, and holds every answer to account. */
import type { IngestAnswer, RowsAnswer } from '@tenon/contracts';
import type { Random } from '../exactness/random';
import type { Fleet } from './fleet';
import type { MeterOracle, MeterRow, Vector } from './meter-oracle';
import { isSame } from './meter-oracle';
import type { MeterProduct, Reading } from './meters';
import { METER_PRODUCTS } from './meters';

const LAYERS = ['merged', 'merged', 'batch', 'speed'] as const;
type Layer = (typeof LAYERS)[number];

interface Acknowledged {
  readonly reading: Reading;
  readonly partition: number;
  readonly offset: number;
}

interface LedgerEntry {
  readonly product: string;
  readonly included: Vector;
  readonly accepted: number;
  readonly [outcome: string]: unknown;
}

export class MeterClient {
  readonly acknowledged: Acknowledged[] = [];
  readonly checked = { merged: 0, batch: 0, speed: 0, ledger: 0, rows: 0, bothLayers: 0 };
  /** Sends of which nobody knows what became: the instance was killed meanwhile. They were sent again. */
  unknown = 0;
  receipt = '';

  constructor(
    private readonly fleet: Fleet,
    private readonly oracle: MeterOracle,
    private readonly source: string,
  ) {}

  /** One event as a CloudEvent, or several as a batch; sent again where it is not known what became of it. */
  async send(readings: readonly Reading[]): Promise<void> {
    const events = readings.map(({ id, ...data }) => ({
      specversion: '1.0',
      id,
      source: '/meters',
      type: 'reading',
      data,
    }));
    const single = events.length === 1;
    const response = await this.fleet.request(
      'ingestion',
      `/v1/sources/${this.source}/events?items=all`,
      {
        method: 'POST',
        headers: { 'content-type': `application/cloudevents${single ? '' : '-batch'}+json` },
        body: JSON.stringify(single ? events[0] : events),
      },
      () => {
        this.unknown += 1;
        return true;
      },
    );
    const answer = (await response.json()) as IngestAnswer;
    if (response.status !== 202) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
    const positions = answer.items?.map(({ position }) => position) ?? [answer.position];
    for (const [index, reading] of readings.entries()) {
      const position = positions[index];
      if (position === undefined)
        throw new Error(`event ${index} has no position: ${JSON.stringify(answer)}`);
      this.acknowledged.push({ reading, partition: position.partition, offset: position.offset });
    }
    this.receipt = answer.receipt;
  }

  /**
   * Asks for a product and compares the whole answer.
   *
   * @param meant what the version that answers is; absent: the product, whichever answers
   * @throws if anything in it is not what it must be
   */
  async check(
    { suffix, ...same }: MeterProduct,
    layer: Layer,
    query: Readonly<Record<string, string>> = {},
    meant: (version: number) => MeterProduct = () => ({ suffix, ...same }),
  ): Promise<RowsAnswer> {
    const parameters = new URLSearchParams({ limit: '10000', layer, ...query });
    const path = `/v1/products/${this.source}_${suffix}/rows?${parameters}`;
    // Asking twice is harmless, and the one that is asked may be killed.
    const response = await this.fleet.request('serving', path, {}, () => true);
    const answer = (await response.json()) as RowsAnswer;
    if (response.status !== 200) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
    const product = meant(answer.version);
    const cut = answer.answer.cut[this.source] ?? {};
    const included = answer.answer.included[this.source] ?? {};
    await this.oracle.readUpTo(included);
    const [from, to] = { merged: [{}, included], batch: [{}, cut], speed: [cut, included] }[layer] as [
      Vector,
      Vector,
    ];
    const where = `${product.suffix}, ${layer}, generation ${answer.answer.generation}, from ${JSON.stringify(from)} to ${JSON.stringify(to)}`;
    compare(where, product, answer, this.oracle.fold(product, from, to).rows);
    this.checked[layer] += 1;
    this.checked.rows += answer.rows.length;
    const isAhead = Object.entries(included).some(([partition, next]) => next > (cut[partition] ?? 0));
    if (layer === 'merged' && answer.answer.generation > 0 && isAhead) this.checked.bothLayers += 1;
    return answer;
  }

  checkAny(random: Random): Promise<RowsAnswer> {
    return this.check(random.pick(METER_PRODUCTS), random.pick(LAYERS));
  }

  /** Every record below the ledger's offsets is in exactly the count that it should be. */
  async checkLedger(): Promise<readonly LedgerEntry[]> {
    const response = await this.fleet.request('serving', '/v1/ledger', {}, () => true);
    const { products } = (await response.json()) as { products: readonly LedgerEntry[] };
    const ours = products.filter(({ product }) => product.startsWith(this.source));
    if (ours.length !== METER_PRODUCTS.length) throw new Error(`ledger: ${JSON.stringify(products)}`);
    for (const entry of ours) {
      const product = METER_PRODUCTS.find(({ suffix }) => entry.product === `${this.source}_${suffix}`);
      await this.oracle.readUpTo(entry.included);
      const { ledger } = this.oracle.fold(product as MeterProduct, {}, entry.included);
      const is = Object.fromEntries(Object.keys(ledger).map((name) => [name, entry[name]]));
      if (JSON.stringify(is) !== JSON.stringify(ledger))
        throw new Error(
          `ledger of ${entry.product} at ${JSON.stringify(entry.included)}: ${JSON.stringify(is)}, should be ${JSON.stringify(ledger)}`,
        );
    }
    this.checked.ledger += 1;
    return ours;
  }

  /** @returns acknowledged events that are not where their client was told */
  lost(): readonly Acknowledged[] {
    return this.acknowledged.filter(({ reading, partition, offset }) => {
      const found = this.oracle.at(partition, offset);
      return found === null || !isSame(found, reading);
    });
  }

  /** Partition → the offset after the last one that a client was told of. */
  acknowledgedUpTo(): Vector {
    const ends: Record<string, number> = {};
    for (const { partition, offset } of this.acknowledged)
      ends[partition] = Math.max(ends[partition] ?? 0, offset + 1);
    return ends;
  }
}

function compare(
  where: string,
  product: MeterProduct,
  answer: RowsAnswer,
  expected: ReadonlyMap<string, MeterRow>,
): void {
  if (answer.next !== null) throw new Error(`${where}: there is another page`);
  const left = new Map(expected);
  for (const row of answer.rows) {
    const key = JSON.stringify(product.keyColumns.map((column) => row[column]));
    const want = left.get(key);
    if (want === undefined) throw new Error(`${where}: ${key} should not be there: ${JSON.stringify(row)}`);
    left.delete(key);
    for (const [column, value] of Object.entries(want))
      if (Number(row[column]) !== value)
        throw new Error(`${where}: ${key} ${column} is ${String(row[column])}, should be ${String(value)}`);
  }
  if (left.size > 0)
    throw new Error(
      `${where}: ${left.size} of ${expected.size} rows are missing, e.g. ${[...left.keys()][0]}`,
    );
}
