/** What one seed plays: catalog, sizes, faults, and the events in the order in which clients send them. */
import type { SourceDefinition, Topology } from '@tenon/domain';
import { LETTER_LIMITS } from '@tenon/domain';
import type { BatchConfig } from '@tenon/service-batch';
import type { ConsumptionConfig } from '@tenon/service-consumption';
import type { SpeedConfig } from '@tenon/service-speed';
import type { Faults } from './calls';
import type { Flight } from './flights';
import { takeFlights } from './flights';
import type { OracleProduct } from './products';
import { AWKWARD, PRODUCTS, SECONDS, awkwardSource, flightsSource, renamed } from './products';
import type { Random } from './random';
import type { Ruin } from './ruin';

export interface Sent {
  readonly flight: Flight;
  /** 1 and above: another event under an id that was used before. */
  readonly variant: number;
}

/** Events that are sent in one call. */
export interface Call {
  readonly source: string;
  readonly events: readonly Sent[];
}

export interface Scenario {
  /** Of the same events, sent to one or the other. */
  readonly sources: readonly SourceDefinition[];
  readonly products: readonly { readonly oracle: OracleProduct; readonly topology: Topology }[];
  /** The product that comes and goes, and whether it is there from the beginning. */
  readonly wanderer: { readonly name: string; readonly fromTheBeginning: boolean } | null;
  /** Services may go on with another catalog as they are. */
  readonly adopts: boolean;
  /** What the source of the wanderer is until it comes for the first time: without a field that it reads. */
  readonly before: SourceDefinition | null;
  readonly speed: SpeedConfig;
  readonly batch: BatchConfig;
  /** Incarnations of batch are configured apart from each other. */
  readonly batchesDiffer: boolean;
  readonly consumption: ConsumptionConfig;
  /** Layers of a product are apart; and whether these have a consumption each. */
  readonly apart: boolean;
  readonly layered: boolean;
  readonly cutEveryMs: number | null;
  readonly faults: Faults;
  /** Transactions take several steps, as in a database on servers. */
  readonly steppedStore: boolean;
  readonly hintLoss: number;
  /** What log and archive suffer. */
  readonly ruins: readonly Ruin[];
  /** From time to time there is no batch while cuts are made. */
  readonly leavesBatchAway: boolean;
  /** A partition's file of the log is closed at about this size. */
  readonly segmentBytes: number;
  /** When the clients begin, milliseconds since the epoch. */
  readonly startAt: number;
  readonly calls: readonly Call[];
  readonly late: number;
  readonly duplicates: number;
}

/** Names that a path, a topic, a store's key, SQL or JavaScript could take for something else. */
const AWKWARD_NAMES = [
  'valueOf',
  'order',
  'x-',
  'constructor',
  'a--b',
  'E1',
  'p',
  `long-${'name'.repeat(14)}`,
];

/** Dealt out in turn to the seeds of each part of the suite, so that each of them plays all. */
const RUINS: readonly (readonly Ruin[])[] = [
  ['topic'],
  [],
  ['files', 'archived'],
  ['hole'],
  [],
  ['archived', 'topic'],
  ['files'],
  ['hole', 'archived'],
];

export function makeScenario(
  random: Random,
  sample: Parameters<typeof takeFlights>[0],
  seed: number,
): Scenario {
  const flights = takeFlights(sample, random.int(70, random.chance(0.06) ? 600 : 150), random);
  const { events, late, duplicates } = disturb(flights, random);
  const last = flights.at(-1) as Flight;
  const onServers = random.chance(0.4);
  const sourceNames = random.chance(0.3) ? ['flights', random.pick(AWKWARD_NAMES)] : ['flights'];
  const sources = sourceNames.map((name) =>
    flightsSource(random.int(1, 4), random.pick([1, 3, 20, 100, 10_000]), name),
  );
  const products = random
    .shuffle(PRODUCTS)
    .slice(0, random.chance(0.25) ? 3 : 2)
    .map((oracle, index) => {
      const name = random.chance(0.2) ? (AWKWARD_NAMES[index] as string) : oracle.name;
      const source = sourceNames[index % sourceNames.length] as string;
      return {
        oracle: renamed(oracle, source, name),
        topology: random.pick(['lambda', 'lambda-separate', 'kappa'] as const),
      };
    });
  const apart = products.some(({ topology }) => topology === 'lambda-separate');
  const wanderer = random.chance(0.4) ? random.pick(products).oracle.name : null;
  return ofKind(seed, {
    sources,
    products,
    wanderer: wanderer === null ? null : { name: wanderer, fromTheBeginning: random.chance(0.5) },
    adopts: seed % 3 > 0,
    before: null,
    speed: {
      maxRecords: random.pick([30, 100, 400, 20_000]),
      lingerMs: random.pick([0, 5, 20]),
      frameCells: random.pick([4, 20, 1000]),
      deadLetters: LETTER_LIMITS,
      maxEpochCells: 1_000_000,
      maxMicroBatchMs: null,
    },
    batch: {
      compactBytes: 64 << 20,
      sweepGraceMs: 60_000,
      maxFileRecords: random.pick([40, 200, 100_000]),
      addRecords: random.pick([4, 30, 4096]),
      maxHeldBytes: random.pick([20_000, 64 << 20]),
      archiveRetentionMs: null,
      rerunAfterMs: random.pick([100, 1000, 60_000]),
      leaseMs: random.pick([200, 500]),
      logRetentionMs: null,
      frameCells: random.pick([5, 50, 1000]),
      sliceCells: random.pick([3, 10, 16_000]),
      maxRunMs: null,
    },
    batchesDiffer: random.chance(0.6),
    consumption: {
      maxMessages: random.pick([2, 8, 64]),
      graceMs: random.pick([0, 50, 50, 30_000]),
      landCells: random.pick([20, 100, 8000]),
      foldCells: random.pick([3, 10, 100, 2000]),
      stallMs: random.pick([300, 10_000]),
    },
    ...{ apart, layered: apart && random.chance(0.6) },
    cutEveryMs: random.pick([null, 90, 400]),
    faults: {
      refused: random.pick([0, 0, 0.002, 0.01]),
      lostAck: random.pick([0, 0.02]),
      doubled: random.pick([0, 0.02]),
      vanished: random.pick([0, 0.01]),
      flipped: random.pick([0, 0, 0.03]),
      lostCommit: onServers ? random.pick([0, 0.02]) : 0,
      afterDeath: 0.7,
    },
    steppedStore: onServers,
    hintLoss: random.pick([0, 0.2]),
    ruins: random.shuffle(RUINS[Math.floor(seed / 4) % RUINS.length] as readonly Ruin[]),
    leavesBatchAway: random.chance(0.4),
    segmentBytes: random.pick([1500, 4000, 20_000]),
    startAt: last.micros / 1000 + random.int(0, 3_600_000),
    calls: chunk(events, random).map((some) => ({ source: random.pick(sourceNames), events: some })),
    late,
    duplicates,
  });
}

/** Worlds of special kinds, dealt out so that each part of the suite has all of them. */
function ofKind(seed: number, scenario: Scenario): Scenario {
  const turn = Math.floor(seed / PARTS_OF_SEEDS) % 8;
  if (turn === 1 || turn === 5) return withinSeconds(scenario);
  if (turn === 3 || turn === 6 || turn === 7) return awkward(scenario, turn !== 7);
  return scenario;
}

/** As many as there are parts of the suite. */
const PARTS_OF_SEEDS = 4;

const SPAN_MS = 5000;

/** All events are of the last seconds, so that rows grow too old while they are asked for. */
function withinSeconds(scenario: Scenario): Scenario {
  const times = scenario.calls.flatMap(({ events }) => events.map(({ flight }) => flight.micros));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const squeezed = (micros: number) =>
    Math.floor(scenario.startAt * 1000 - ((last - micros) / (last - first)) * SPAN_MS * 1000);
  return withFirst(scenario, SECONDS, (flight) => ({ ...flight, micros: squeezed(flight.micros) }));
}

/** @param isLater the field comes with the product that reads it, when much has been sent and archived */
function awkward(scenario: Scenario, isLater: boolean): Scenario {
  const made = withFirst(scenario, AWKWARD, (flight) => ({ ...flight, awkward: true }));
  const { source } = (made.products[0] as (typeof made.products)[number]).oracle;
  const sources = made.sources.map((one) => awkwardSource(one));
  if (!isLater) return { ...made, sources };
  const before = sources.find(({ name }) => name === source) as SourceDefinition;
  return {
    ...{ ...made, sources, wanderer: { name: AWKWARD.name, fromTheBeginning: false } },
    before: awkwardSource(before, false),
  };
}

/** Another product in the place of the first one. */
function withFirst(scenario: Scenario, product: OracleProduct, change: (flight: Flight) => Flight): Scenario {
  const [first, ...others] = scenario.products;
  if (first === undefined) return scenario;
  const { name, source } = first.oracle;
  const { wanderer } = scenario;
  return {
    ...scenario,
    products: [{ ...first, oracle: renamed(product, source, product.name) }, ...others],
    wanderer: wanderer?.name === name ? { ...wanderer, name: product.name } : wanderer,
    calls: scenario.calls.map((call) => ({
      ...call,
      events: call.events.map((sent) => ({ ...sent, flight: change(sent.flight) })),
    })),
  };
}

/** 5 % come late, 1 % come twice, a few come again with other data. */
function disturb(flights: readonly Flight[], random: Random) {
  const placed: { at: number; sent: Sent }[] = [];
  let late = 0;
  let duplicates = 0;
  flights.forEach((flight, index) => {
    const isLate = random.chance(0.05);
    if (isLate) late += 1;
    // Neighbours change places: clients do not wait for each other.
    const at = index + random.next() * 8 + (isLate ? random.int(20, flights.length) : 0);
    placed.push({ at, sent: { flight, variant: 0 } });
    const again = () => at + (random.chance(0.5) ? random.next() * 10 : random.int(10, 400));
    if (random.chance(0.01)) {
      duplicates += 1;
      placed.push({ at: again(), sent: { flight, variant: 0 } });
    }
    if (random.chance(0.003))
      placed.push({
        at: again(),
        sent: { flight: { ...flight, distance: flight.distance + 1 }, variant: 1 },
      });
  });
  placed.sort((a, b) => a.at - b.at);
  return { events: placed.map(({ sent }) => sent), late, duplicates };
}

function chunk(events: readonly Sent[], random: Random): Sent[][] {
  const largest = random.pick([10, 20, 40]);
  const calls: Sent[][] = [];
  for (let at = 0; at < events.length;) {
    const size = random.int(1, largest);
    calls.push(events.slice(at, at + size));
    at += size;
  }
  return calls;
}
