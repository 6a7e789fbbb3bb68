/** What is in a data directory of the release before, and who was told what of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlightsCatalog } from '../exactness/flights-catalog';
import { takeFlights } from '../exactness/flights';
import type { Random } from '../exactness/random';
import type { Acknowledged } from '../exactness/read-log';
import type { Sent } from '../exactness/scenario';

export const CATALOG: FlightsCatalog = {
  partitions: 3,
  dedupeWindow: 200,
  topologies: {
    airport_hours: 'lambda',
    fuel_days: 'lambda',
    late_hubs: 'lambda',
    recent_days: 'lambda',
    fares: 'kappa',
    routes: 'kappa',
    delay_quantiles: 'kappa',
  },
};

/** As make.ts writes it beside the data. */
export interface History {
  /** The commit that made the directory. */
  readonly commit: string;
  readonly events: readonly Sent[];
  /** How many of the events were sent. */
  readonly sent: number;
  /** Where they are: number of the event, partition, offset. */
  readonly acknowledged: readonly (readonly [event: number, partition: number, offset: number])[];
  /** Generations that were served, and the cut that was under way when the process was killed. */
  readonly served: number;
  readonly pending: number;
}

export const acknowledgedOf = ({ events, acknowledged }: History): Acknowledged[] =>
  acknowledged.map(([event, partition, offset]) => ({ sent: events[event] as Sent, partition, offset }));

export const readHistory = (directory: string): History =>
  JSON.parse(readFileSync(join(directory, 'history.json'), 'utf8')) as History;

/** Events of which some come twice, and some under an id that another one has. */
export function makeEvents(sample: Parameters<typeof takeFlights>[0], count: number, random: Random): Sent[] {
  const events = takeFlights(sample, count, random).map((flight): Sent => ({ flight, variant: 0 }));
  return events.flatMap((sent, index) => {
    const earlier = events[Math.max(0, index - random.int(1, 30))] as Sent;
    const again = random.chance(0.04) ? [earlier] : [];
    // Of another call: none holds two events under one id.
    const { flight } = events[Math.max(0, index - random.int(60, 120))] as Sent;
    const other =
      index > 60 && random.chance(0.02)
        ? [{ flight: { ...flight, distance: flight.distance + 1 }, variant: 1 }]
        : [];
    return [sent, ...again, ...other];
  });
}
