/** The two parts about ingestion: rounds of Tenon and its peers in turn. */
import type { Service } from './bundles';
import type { Findings } from './findings';
import type { Form, Gathering } from './ingest';
import {
  FORMS,
  GATHERINGS,
  averageBytes,
  bodiesOf,
  posts,
  produce,
  startBare,
  startProducer,
  startTenon,
  upload,
} from './ingest';
import type { Lab } from './lab';
import type { Options } from './main';
import { profiled } from './profile';
import { serverCpu, serversSince } from './servers';
import { Contest, TENON } from './table';

const LEAST = 0.6;
const FORM_NAMES = Object.keys(FORMS) as Form[];

const BARE: Readonly<Record<Gathering, string>> = {
  each: 'node:http and kafkajs, a request to Kafka per POST',
  underway: 'node:http and kafkajs, gathering while a request is under way',
  '5': 'node:http and kafkajs, gathering for 5 ms',
};

export async function benchSingle(lab: Lab, findings: Findings, { quick, profile }: Options): Promise<void> {
  const rounds = 3;
  const seconds = quick ? 1 : 4;
  const tables: string[] = [];
  const before = serverCpu(lab.servers);
  for (const form of FORM_NAMES) {
    const contest = new Contest(`single POST (${FORMS[form].title})`, 'POSTs', findings.say);
    const source = `${lab.run}${form[0]}`;
    const bodies = await bodiesOf(form);
    const profiler = profiled(profile, `ingest-${form}`);
    const tenon = await startTenon(lab, source, profiler.nodeArgs);
    const servers: (readonly [string, Service])[] = [[TENON, tenon]];
    for (const gathering of GATHERINGS)
      servers.push([
        BARE[gathering],
        await startBare(lab, await lab.topic(`${source}-bare-${gathering}`), gathering),
      ]);
    for (const [, server] of servers) await posts(server, form, bodies, quick ? 1 : 2);
    for (let round = 0; round < rounds; round++)
      for (const [name, server] of servers) {
        profiler.mark(name === TENON);
        contest.add(name, {
          ...(await posts(server, form, bodies, seconds)),
          memory: server.process.peakMemory(),
        });
      }
    for (const [, server] of servers) await server.process.stop();
    profiler.report(findings.say);
    findings.requireRatios(
      `single POST, ${FORMS[form].title}, beside the best bare server`,
      LEAST,
      contest.worstRatios(Object.values(BARE)),
    );
    tables.push(`${FORMS[form].title}, ${averageBytes(bodies).toFixed(0)} bytes each:`, contest.markdown());
  }
  findings.section(
    'Single POSTs',
    "64 connections that each send one flight after the other; a POST is answered once Kafka has the event (acks=all). Tenon's " +
      'ingestion checks it against its schema and writes it as a CloudEvent of about 280 bytes; the bare servers write what ' +
      'came. "Tenon by it" above 1 means that Tenon takes more.',
    ...tables,
    `Servers meanwhile: ${serversSince(lab.servers, before)}.`,
  );
}

const RAW = 'kafkajs producer, no HTTP, batches of 1,000';
const BARE_LINES = 'node:http that splits lines, kafkajs, batches of 1,000';

export async function benchNdjson(lab: Lab, findings: Findings, { quick, profile }: Options): Promise<void> {
  const rounds = 3;
  const count = quick ? 100_000 : 300_000;
  const tables: string[] = [];
  const before = serverCpu(lab.servers);
  for (const form of FORM_NAMES) {
    const contest = new Contest(`NDJSON (${FORMS[form].title})`, 'events', findings.say);
    const source = `${lab.run}${form[0]}n`;
    const lines = await bodiesOf(form, count);
    const profiler = profiled(profile, `ndjson-${form}`);
    const tenon = await startTenon(lab, source, profiler.nodeArgs);
    const bare = await startBare(lab, await lab.topic(`${source}-bare`), 'each');
    const raw = await startProducer(lab, await lab.topic(`${source}-raw`), lines);
    const contenders = [
      { name: TENON, process: tenon.process, run: () => upload(tenon, lines) },
      { name: RAW, process: raw, run: () => produce(raw, lines) },
      { name: BARE_LINES, process: bare.process, run: () => upload(bare, lines) },
    ];
    for (const { run } of contenders) await run();
    for (let round = 0; round < rounds; round++)
      for (const { name, process: one, run } of contenders) {
        profiler.mark(name === TENON);
        contest.add(name, { ...(await run()), memory: one.peakMemory() });
      }
    for (const { process: one } of contenders) await one.stop();
    profiler.report(findings.say);
    findings.requireRatios(
      `NDJSON, ${FORMS[form].title}, beside the raw producer`,
      LEAST,
      contest.ratios(RAW),
    );
    tables.push(`${FORMS[form].title}, ${averageBytes(lines).toFixed(0)} bytes a line:`, contest.markdown());
  }
  findings.section(
    'NDJSON',
    `One upload of ${count.toLocaleString('en-US')} flights, a line each, after one that does not count. The raw producer has ` +
      'the lines in memory and sends them as they are, acks=all, one batch after the other. The plain lines are a third of ' +
      'what Tenon writes for them.',
    ...tables,
    `Servers meanwhile: ${serversSince(lab.servers, before)}.`,
  );
}
