/** Events as clients write them, in the ways that the interface takes. */
import type { WireData } from './accepted';
import type { Flight } from './flights';
import type { Random } from './random';
import type { RequestParts } from './requests';
import type { Sent } from './scenario';

/** One flight has one text: its id decides how its time is written. */
export function dataOf(flight: Flight): WireData {
  const { micros, delay, distance, origin, destination, fuel, cents, id, awkward } = flight;
  const hours = [0, 0, 2, -5][Number(id.slice(1)) % 4] as number;
  const local = new Date(Math.floor(micros / 1000) + hours * 3_600_000).toISOString().slice(0, 19);
  const rest = micros % 1_000_000;
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(6, '0')}`;
  const zone = hours === 0 ? 'Z' : `${hours < 0 ? '-' : '+'}0${Math.abs(hours)}:00`;
  const date = `${local}${fraction}${zone}`;
  const data = { date, delay, distance, origin, destination, fuel, fare: cents / 100 };
  // What is more than the type says, in worlds whose sources have it.
  return awkward === undefined ? data : Object.assign(data, { p: distance % 7, from: origin, limit: cents });
}

const eventOf = ({ flight }: Sent) => ({
  specversion: '1.0',
  id: flight.id,
  source: '/airports',
  type: 'departure',
  data: dataOf(flight),
});

/** A call with these events; several ways, whichever the seed picks. */
export function callWith(events: readonly Sent[], random: Random, source = 'flights'): RequestParts {
  const params = { source };
  const query = { items: 'all' };
  if (events.length === 1) {
    const body = [JSON.stringify(eventOf(events[0] as Sent))];
    return { params, query, contentType: 'application/cloudevents+json', body };
  }
  if (random.chance(0.5)) {
    const body = [JSON.stringify(events.map(eventOf))];
    return { params, query, contentType: 'application/cloudevents-batch+json', body };
  }
  const text = events.map((event) => `${JSON.stringify(eventOf(event))}\n`).join('');
  const cut = random.int(0, text.length);
  return {
    params,
    query,
    contentType: 'application/x-ndjson',
    body: [text.slice(0, cut), text.slice(cut)],
  };
}
