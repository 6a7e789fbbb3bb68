/** The landing zone alone, over states that are there already (see landing-states.ts), into a new store. */
import { CONSUMPTION_DEFAULTS, createConsumption } from '@tenon/service-consumption';
import { aggregated, openParts, startServing, untilServed } from './wide-parts';

async function main(kind: string, catalog: string, data: string, store: string, generation: number) {
  const parts = await openParts(catalog, `${data}/log`, store);
  const serving = await startServing(parts);
  process.send?.({ ready: true });
  process.once('message', () => {
    void (async () => {
      const cpu = process.cpuUsage();
      const began = performance.now();
      const consumption = await createConsumption({ ...parts, config: CONSUMPTION_DEFAULTS });
      await untilServed(serving, consumption.done, (served) =>
        kind === 'flushes' ? served.behind === 0 : served.generation >= generation,
      );
      const used = process.cpuUsage(cpu);
      const wall = (performance.now() - began) / 1000;
      await consumption.stop();
      process.send?.({ cpu: (used.user + used.system) / 1e6, wall, events: await aggregated(serving) });
    })();
  });
  process.once('SIGTERM', () => process.exit(0));
}

const [kind = '', catalog = '', data = '', store = '', generation = '0'] = process.argv.slice(2);
void main(kind, catalog, data, store, Number(generation));
