/** Two instances of serving beside one: answers by the CPU time that each spends, where both read the same store. */
import autocannon from 'autocannon';
import { SERVICES } from '@tenon/composition';
import { median } from '../child';
import { readFlights } from '../flights';
import { launch, startService } from './bundles';
import type { Service } from './bundles';
import type { Findings } from './findings';
import { HttpClient } from './http-client';
import type { Lab } from './lab';
import { serverCpu, serversSince } from './servers';

const LEAST = 1.8;
/** Questions that are asked at once, of all instances together. */
const CONNECTIONS = 32;
const AIRPORTS = 50;

const KINDS = [
  { what: '1 row', query: 'order=desc&limit=1' },
  { what: '48 rows', query: 'order=desc&limit=48' },
] as const;

export async function benchServingInstances(
  lab: Lab,
  findings: Findings,
  { quick }: { readonly quick: boolean },
): Promise<void> {
  const { say } = findings;
  const source = `${lab.run}i`;
  const product = `${source}_p`;
  const settings = lab.settings(source, product);
  const flights = await readFlights(0, quick ? 20_000 : 200_000);
  const others = SERVICES.filter((service) => service !== 'serving').map((service) =>
    launch(service, settings),
  );
  const instances: Service[] = [];
  const before = serverCpu(lab.servers);
  const rows: string[] = [];
  try {
    const [ingestion] = await Promise.all(others.map(({ up }) => up));
    for (let count = 0; count < 2; count++) instances.push(await startService('serving', settings));
    const client = new HttpClient(1);
    const lines = flights.map((flight) => JSON.stringify(flight)).join('\n');
    const events = `${ingestion?.url}/v1/sources/${source}/events`;
    const { receipt } = JSON.parse(await client.post(events, 'application/x-ndjson', lines)) as {
      receipt: string;
    };
    const cut = await fetch(`${ingestion?.url}/v1/cuts?wait=true`, { method: 'POST' });
    if (!cut.ok) throw new Error(await cut.text());
    const path = `/v1/products/${product}/rows`;
    for (const { url } of instances) await client.get(`${url}${path}?limit=1&timeout=60000&after=${receipt}`);
    client.close();
    const origins = [...new Set(flights.map(({ origin }) => origin))].slice(0, AIRPORTS);
    for (const { what, query } of KINDS) {
      const paths = origins.map((origin) => `${path}?origin=${origin}&${query}`);
      const amount = quick ? 2_000 : 10_000;
      const ask = (asked: readonly Service[]) => capacity(asked, paths, amount);
      await ask(instances);
      const found = { one: [] as number[], two: [] as number[] };
      for (let round = 0; round < (quick ? 2 : 5); round++) {
        found.one.push(await ask([instances[round % 2] as Service]));
        found.two.push(await ask(instances));
      }
      const [one, two] = [median(found.one), median(found.two)];
      const ratio = median(found.two.map((value, round) => value / (found.one[round] as number)));
      say(`serving-instances: ${what}: one ${one.toFixed(0)}, two ${two.toFixed(0)} answers by CPU`);
      rows.push(`| ${what} | ${Math.round(one)} | ${Math.round(two)} | ${ratio.toFixed(2)} |`);
      findings.require(
        `two instances of serving beside one, ${what}, by CPU accounting`,
        `at least ${LEAST}`,
        `${ratio.toFixed(2)} times`,
        ratio >= LEAST,
      );
    }
  } finally {
    await Promise.all([...instances, ...others].map(({ process: one }) => one.stop()));
  }
  findings.section(
    'Instances of serving',
    `Two instances on one store, ${flights.length} flights by hour and airport in the base view, ${AIRPORTS} questions in turn. A core's worth of answers: those that an instance gives by the CPU-seconds ` +
      'that it spends, added up over instances that are asked at the same time; the store is the one that both share, and its time is not in it.',
    [
      '| question | one: answers/s on a core | two: on a core each | two by one |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n'),
    `Servers meanwhile: ${serversSince(lab.servers, before)}.`,
  );
}

/** @returns answers per CPU-second of each instance, added up */
async function capacity(
  asked: readonly Service[],
  paths: readonly string[],
  amount: number,
): Promise<number> {
  const rates = await Promise.all(
    asked.map(async ({ url, process: one }) => {
      const since = one.meter();
      const result = await autocannon({
        url,
        connections: CONNECTIONS / asked.length,
        amount,
        requests: paths.map((path) => ({ method: 'GET' as const, path })),
      });
      if (result['2xx'] < amount) throw new Error(`${result['2xx']} of ${amount} questions were answered.`);
      return amount / since().cpu;
    }),
  );
  return rates.reduce((sum, rate) => sum + rate, 0);
}
