/** A made-up Tenon: one log of flights in four partitions, and products over it. Seeded, so that tests repeat. */
import type { Answer, OffsetVector, Product, Row, Value } from './wire';

export const PARTITIONS = 4;
const HOUR = 3_600_000;
const START = Date.UTC(2001, 0, 1);
const EVENTS_PER_HOUR = 900;
const AIRPORTS = (
  'ATL ORD DFW LAX PHX STL DTW MSP LAS DEN IAH SFO EWR PHL CLT SEA BOS PIT CVG SLC LGA BWI MCO SJC OAK SAN TPA MIA MDW CLE ' +
  'DCA PDX MCI HOU BNA SNA RDU MSY ONT SMF IND AUS ABQ DAL JFK SAT BUR CMH RNO MEM'
).split(' ');
const CARRIERS = ['WN', 'DL', 'AA', 'UA', 'US', 'NW', 'CO', 'TW', 'HP', 'AS', 'MQ', 'AQ'];

/** mulberry32 */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Flight {
  readonly at: number;
  readonly origin: string;
  readonly carrier: string;
  readonly delay: number;
}

interface Cell {
  readonly id: string;
  readonly key: Readonly<Record<string, Value>>;
  readonly order: string;
  flights: number;
  delays: number;
  most: number;
  late: number;
  /** The epoch of its newest event. */
  epoch: number;
  amended: boolean;
}

const key = (name: string, type = 'VARCHAR') => ({ name, type, role: 'key' });
const measure = (name: string, type: string) => ({ name, type, role: 'measure' });
const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');
const MEASURES = [
  measure('flights', 'BIGINT'),
  measure('avg_delay', 'DOUBLE'),
  measure('max_delay', 'BIGINT'),
  { name: 'share_delayed', type: 'DOUBLE', role: 'expression' },
];

interface Definition {
  readonly product: Product;
  keyOf(flight: Flight): Record<string, Value>;
}

const define = (product: Partial<Product> & { name: string }, keyOf: Definition['keyOf']): Definition => ({
  product: { version: 1, topology: 'lambda', source: 'flights', columns: [], window: null, ...product },
  keyOf,
});

const window = (sizeMicros: number) => ({ column: 'window_start', sizeMicros, sizeMonths: 0 });

const DEFINITIONS: Definition[] = [
  define(
    {
      name: 'flights_by_hour',
      description: 'Departures per airport and hour: how many, how late.',
      columns: [
        key('window_start', 'TIMESTAMP'),
        key('origin'),
        ...MEASURES,
        measure('delay_p50_p95', 'DOUBLE[]'),
      ],
      window: window(HOUR * 1000),
    },
    ({ at, origin }) => ({ window_start: iso(at - (at % HOUR)), origin }),
  ),
  define(
    {
      name: 'carriers',
      version: 3,
      topology: 'kappa',
      description: 'Every carrier since the first event.',
      versions: [
        { version: 2, state: 'kept', until: '2026-01-31T10:00:00Z' },
        { version: 3, state: 'served' },
        { version: 4, state: 'building', percent: 43, behind: 12_345 },
      ],
      columns: [key('carrier'), ...MEASURES],
    },
    ({ carrier }) => ({ carrier }),
  ),
  define(
    {
      name: 'network_by_quarter_hour',
      description: 'The whole network, every fifteen minutes.',
      columns: [key('window_start', 'TIMESTAMP'), ...MEASURES],
      window: window((HOUR / 4) * 1000),
    },
    ({ at }) => ({ window_start: iso(at - (at % (HOUR / 4))) }),
  ),
  define(
    {
      name: 'sensor_readings',
      source: 'readings',
      description: 'Waits for its first event.',
      columns: [key('sensor'), measure('readings', 'BIGINT')],
      example: { sensor: 'roof-1', celsius: 21.5, at: '2001-01-01T00:00:00Z' },
    },
    () => ({ sensor: null }),
  ),
];

export class FakeData {
  readonly #random: () => number;
  readonly #cells = new Map<string, Map<string, Cell>>(
    DEFINITIONS.map(({ product }) => [product.name, new Map()]),
  );
  readonly #changed = new Map<string, Set<Cell>>(DEFINITIONS.map(({ product }) => [product.name, new Set()]));
  readonly included: number[] = Array<number>(PARTITIONS).fill(0);
  cut: number[] = Array<number>(PARTITIONS).fill(0);
  /** Events that the products could not take. */
  refused = 0;
  generation = 0;
  epoch = 0;
  behind = 0;
  #events = 0;

  constructor(seed = 1) {
    this.#random = random(seed);
  }

  products(): Product[] {
    return DEFINITIONS.map(({ product }) => ({
      ...product,
      generation: this.generation,
      status: 'provisional',
    }));
  }

  /** Appends events to the log and counts them in every product of its source; 0.4 % are up to thirty hours late. */
  emit(count: number): void {
    for (let i = 0; i < count; i++) this.#add(this.#flight());
  }

  #flight(): Flight {
    const clock = START + (this.#events++ / EVENTS_PER_HOUR) * HOUR;
    const r = this.#random;
    const night = Math.sin(((clock / HOUR - 9) / 12) * Math.PI) * 6;
    const late = r() < 0.004 ? r() ** 2 * 30 * HOUR : 0;
    const pick = (names: readonly string[]) => names[Math.floor(names.length * r() ** 2.2)] ?? '';
    const delay = Math.round(8 + night + (r() + r() + r() - 1.5) * 24 + (r() < 0.04 ? r() * 180 : 0));
    return { at: Math.max(START, clock - late), origin: pick(AIRPORTS), carrier: pick(CARRIERS), delay };
  }

  #add(flight: Flight): void {
    const partition = AIRPORTS.indexOf(flight.origin) % PARTITIONS;
    this.included[partition] = (this.included[partition] ?? 0) + 1;
    for (const { product, keyOf } of DEFINITIONS) {
      if (product.source === 'flights') this.#count(product.name, keyOf(flight), flight.delay);
    }
  }

  #count(product: string, cellKey: Record<string, Value>, delay: number): void {
    const id = Buffer.from(JSON.stringify(Object.values(cellKey))).toString('base64url');
    const cells = this.#cells.get(product);
    let cell = cells?.get(id);
    if (!cell) {
      const order = Object.values(cellKey).join(' ');
      cell = {
        id,
        key: cellKey,
        order,
        flights: 0,
        delays: 0,
        most: delay,
        late: 0,
        epoch: this.epoch,
        amended: false,
      };
      cells?.set(id, cell);
    }
    if (cell.epoch < this.generation && cellKey['window_start']) cell.amended = true;
    cell.flights++;
    cell.delays += delay;
    cell.most = Math.max(cell.most, delay);
    if (delay > 15) cell.late++;
    cell.epoch = this.epoch;
    this.#changed.get(product)?.add(cell);
  }

  /** Writes the barriers: the epoch ends in every partition. @returns what publishes it */
  beginCut(): () => void {
    const at = this.included.map((next) => next + 1);
    at.forEach((next, partition) => (this.included[partition] = next));
    const epoch = ++this.epoch;
    return () => {
      this.cut = at;
      this.generation = epoch;
    };
  }

  answer(product: string): Answer {
    const definition = DEFINITIONS.find((candidate) => candidate.product.name === product)?.product;
    const source = definition?.source ?? '';
    const vector = (offsets: readonly number[]): OffsetVector => ({
      [source]: Object.fromEntries(offsets.map((next, i) => [i, source === 'flights' ? next : 0])),
    });
    return {
      topology: definition?.topology ?? 'lambda',
      generation: this.generation,
      cut: vector(this.cut),
      included: vector(this.included),
      behind: this.behind,
      ...(this.refused > 0 && { deadLettered: this.refused, conflicts: 2 }),
      status: source === 'flights' ? 'provisional' : 'final',
      at: new Date().toISOString(),
    };
  }

  #row(cell: Cell): Row {
    const { flights, delays, most, late, key: cellKey } = cell;
    const mean = delays / flights;
    return {
      ...cellKey,
      flights,
      avg_delay: mean,
      max_delay: most,
      share_delayed: late / flights,
      delay_p50_p95: [Math.round(mean * 0.7 * 10) / 10, Math.round((mean + (most - mean) * 0.6) * 10) / 10],
      _cell: cell.id,
      _status: cell.epoch >= this.generation ? 'provisional' : cell.amended ? 'amended' : 'final',
    };
  }

  /** In the order of window and key. */
  rows(product: string, query: Readonly<Record<string, string>> = {}): Row[] {
    const { from, to, ...dimensions } = query;
    const time = (text: Value | undefined) => Date.parse(String(text));
    return [...(this.#cells.get(product)?.values() ?? [])]
      .filter(({ key: cellKey }) => !from || time(cellKey['window_start']) >= time(from))
      .filter(({ key: cellKey }) => !to || time(cellKey['window_start']) < time(to))
      .filter(({ key: cellKey }) =>
        Object.entries(dimensions).every(([name, value]) => String(cellKey[name]) === value),
      )
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .map((cell) => this.#row(cell));
  }

  /** Rows that changed since the last call. */
  takeChanged(product: string): Row[] {
    const changed = this.#changed.get(product);
    const rows = [...(changed ?? [])].map((cell) => this.#row(cell));
    changed?.clear();
    return rows;
  }
}
