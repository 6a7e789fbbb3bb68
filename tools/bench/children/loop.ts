/** The yardstick of speed: what one would write by hand for airport_hours, with JSON.parse and a Map, on the same log. */
import { createFileEventLog, systemClock } from '@tenon/adapters-embedded';

interface Cell {
  flights: number;
  sum: number;
  known: number;
  max: number;
  late: number;
  destinations: Set<string>;
}

async function main(directory: string): Promise<void> {
  const log = await createFileEventLog({ directory, clock: systemClock });
  const topic = 'tenon.events.flights';
  const ends = await log.endOffsets(topic);
  process.send?.({ ready: true });
  process.once('message', () => {
    void (async () => {
      const cpu = process.cpuUsage();
      const began = performance.now();
      const cells = new Map<string, Cell>();
      for (const [partition, end] of Object.entries(ends))
        for (let at = 0; at < end;) {
          const records = await log.read(topic, Number(partition), at, { maxRecords: 20_000 });
          for (const record of records)
            fold(
              cells,
              JSON.parse(
                Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength).toString(),
              ),
            );
          at = (records.at(-1)?.offset ?? end) + 1;
        }
      const used = process.cpuUsage(cpu);
      process.send?.({
        cpu: (used.user + used.system) / 1e6,
        wall: (performance.now() - began) / 1000,
        cells: cells.size,
      });
    })();
  });
  process.once('SIGTERM', () => process.exit(0));
}

function fold(
  cells: Map<string, Cell>,
  event: { eventtime: string; data: { origin: string; destination: string; delay: number | null } },
): void {
  const { origin, destination, delay } = event.data;
  const key = `${event.eventtime.slice(0, 13)} ${origin}`;
  let cell = cells.get(key);
  if (cell === undefined)
    cells.set(
      key,
      (cell = { flights: 0, sum: 0, known: 0, max: -Infinity, late: 0, destinations: new Set() }),
    );
  cell.flights += 1;
  cell.destinations.add(destination);
  if (delay === null) return;
  cell.known += 1;
  cell.sum += delay;
  if (delay > cell.max) cell.max = delay;
  if (delay > 15) cell.late += 1;
}

void main(process.argv[2] as string);
