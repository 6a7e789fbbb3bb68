/** Each row of the table in docs/deployment.md that says what is told where is made to happen, and to end. */
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type * as Files from 'node:fs/promises';
import { join } from 'node:path';
import { SUBJECTS } from '@tenon/contracts';
import type { Subscription, TroubleBook } from '@tenon/ports';
import type * as Serving from '@tenon/service-serving';
import { troubleBook } from '@tenon/views';
import { runLine } from '../run.fixture';
import { FaultyTenon } from './faulty.fixture';
import type { Row } from './table.fixture';
import { fires, readTable } from './table.fixture';
const mockFailing = { fail: (_error: Error): void => undefined };
jest.mock('@tenon/service-serving', () => {
  const real = jest.requireActual<typeof Serving>('@tenon/service-serving');
  return {
    ...real,
    createServing: async (deps: Parameters<typeof real.createServing>[0]) => {
      const service = await real.createServing(deps);
      const failed = new Promise<void>((_resolve, reject) => (mockFailing.fail = reject));
      return { ...service, done: Promise.race([service.done, failed]) };
    },
  };
});

/** As every module has it, and not as this one imports it. */
const files = jest.requireActual<typeof Files>('node:fs/promises');

const all = new FaultyTenon(['ingestion', 'speed', 'batch', 'consumption', 'serving']);
/** Without a batch and a speed. */
const some = new FaultyTenon(['ingestion', 'consumption', 'serving']);
const { switches } = all;

const SOURCE =
  'partitions: 1\nschema: { type: object, properties: { n: { type: integer }, d: { type: integer } } }\n';
const HOUR = 3_600_000;

const ROOMY = 2 ** 40;
let bytesLeft = ROOMY;

beforeAll(async () => {
  // Whatever is left of the disk of whoever runs this.
  jest
    .spyOn(files, 'statfs')
    .mockImplementation(async () => ({ bavail: bytesLeft, blocks: ROOMY, bsize: 1 }) as never);
  // The last one's serving is the one that fails.
  for (const tenon of [some, all]) {
    for (const source of ['orders', 'archived', 'shorter', 'lost']) {
      tenon.file(`sources/${source}.yaml`, SOURCE);
      tenon.file(`products/${source}_total.sql`, `SELECT count(*) AS n, sum(n) AS total FROM ${source}\n`);
    }
    tenon.file('sources/refusing.yaml', SOURCE);
    tenon.file(
      'products/shares.sql',
      "SELECT sum(CAST(CAST(n AS VARCHAR) || CASE d WHEN 0 THEN 'x' ELSE '' END AS INTEGER)) AS s FROM refusing\n",
    );
    tenon.file('products/apart.sql', 'SELECT count(*) AS n FROM orders\n');
    tenon.file('products/apart.yaml', 'topology: lambda-separate\n');
    await tenon.start();
  }
});

afterAll(async () => {
  jest.restoreAllMocks();
  await some.stop();
  await all.stop();
});

const send = (source: string, ...events: object[]) =>
  all.post(
    `/v1/sources/${source}/events`,
    events.map((event) => JSON.stringify(event)),
  );

const book = async (): Promise<TroubleBook> => troubleBook(await all.parts.store(), all.parts.clock);

/** How something is broken, and how it is mended again. */
interface Scene {
  readonly tenon?: FaultyTenon;
  readonly begin: () => Promise<unknown>;
  /** Absent: it is not mended here. */
  readonly end?: () => Promise<unknown>;
  /** What goes on meanwhile. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** A switch that is on. */
const switched = (name: 'logAway' | 'storeAway' | 'speedStoreAway' | 'busAway'): Scene => ({
  begin: async () => (switches[name] = true),
  end: async () => (switches[name] = false),
});

/** What a service has written of a product. */
const inBook = (code: string): Scene => ({
  begin: async () =>
    (await book()).report('orders_total@1', { layer: 'batch', code, reason: `Something is ${code}.` }),
  end: async () => (await book()).clear('orders_total@1', { layer: 'batch', code }),
});

/** Another instance, as it says on the bus that it is there. */
function other(state: object | null): Scene {
  const instance = 'elsewhere/1';
  let there: Subscription | undefined;
  const alive = async () => all.bus.publish(SUBJECTS.alive, { v: 1, instance, services: ['speed'] });
  return {
    begin: async () => {
      const { text } = await all.get('/v1/status');
      const { services } = JSON.parse(text) as { services: { name: string }[] };
      const mine = services.find(({ name }) => name === 'speed');
      if (state !== null)
        there = await all.bus.respond(SUBJECTS.status, () => ({ ...mine, instance, ...state }) as never);
      await alive();
    },
    meanwhile: alive,
    end: async () => {
      await there?.close();
      all.bus.publish(SUBJECTS.alive, { v: 1, instance, gone: true });
    },
  };
}

const beats = async (tenon: FaultyTenon, count: number) => {
  for (let beat = 0; beat < count; beat += 1) await tenon.parts.clock.sleep(5_000);
};

/** An hour later nobody is told of a failure any more. */
const anHourLater = async () => (switches.passed += HOUR + 1);

async function failServing(): Promise<void> {
  const { fail } = mockFailing;
  fail(new Error('a part of it is broken'));
  await comesTo(async () => (mockFailing.fail === fail ? ['not yet'] : []));
}

let archived = { file: '', whole: Buffer.alloc(0) };

const SCENES: Readonly<Record<string, Scene>> = {
  'a service stands still though it has work': {
    begin: async () => {
      switches.unseen = 1;
      await beats(all, 2);
      switches.passed += 2 * HOUR;
    },
    end: async () => (switches.unseen = 0),
  },
  'the log does not answer': switched('logAway'),
  'the store does not answer': switched('storeAway'),
  'events cannot be appended': {
    begin: async () => {
      switches.appendsRefused = true;
      expect(await send('orders', { n: 1 })).toBe(503);
    },
    end: async () => {
      switches.appendsRefused = false;
      expect(await send('orders', { n: 1 })).toBe(202);
    },
  },
  'a service failed, and runs again': { begin: failServing, end: anHourLater },
  'a service fails again and again': {
    begin: async () => {
      for (let count = 0; count < 3; count += 1) await failServing();
    },
    end: anHourLater,
  },
  'no instance of a service is there': { tenon: some, begin: () => beats(some, 4) },
  'an instance does not answer': other(null),
  'instances end soon after their start': {
    begin: async () => {
      for (const instance of ['brief/1', 'brief/2']) {
        all.bus.publish(SUBJECTS.alive, { v: 1, instance, services: ['batch'] });
        await beats(all, 1);
        all.bus.publish(SUBJECTS.alive, { v: 1, instance, gone: true });
      }
    },
    // It is remembered for ten minutes.
  },
  'NATS is away': switched('busAway'),
  'instances run several releases': other({ version: '0.0.9' }),
  'instances run several catalogs': other({ catalog: 'another', catalogSince: '2999-01-01T00:00:00Z' }),
  'the catalog in the directory was refused': {
    begin: async () => {
      all.file('sources/orders.yaml', `key: n\n${SOURCE}`);
      await all.post('/v1/reload');
    },
    end: async () => {
      all.file('sources/orders.yaml', SOURCE);
      await all.post('/v1/reload');
    },
  },
  'a product stands still alone': inBook('product-failed'),
  'a file of the archive is damaged': {
    begin: async () => {
      await send('archived', ...Array.from({ length: 100 }, (_, n) => ({ n })));
      expect(await all.post('/v1/cuts?wait=true')).toBeLessThan(300);
      const folder = join(all.directory, 'data/lake/archive/archived/p=0');
      const file = join(folder, readdirSync(folder).sort()[0] ?? '');
      archived = { file, whole: readFileSync(file) };
      const flipped = Buffer.from(archived.whole);
      flipped[Math.floor(flipped.length / 3)]! ^= 1;
      writeFileSync(file, flipped);
      await all.post('/v1/cuts?full=true');
    },
    end: async () => {
      writeFileSync(archived.file, archived.whole);
      await all.post('/v1/cuts?full=true');
    },
  },
  'records of the log are gone': inBook('log-hole'),
  'events are refused': {
    begin: () => send('orders', { n: 'no number' }, { n: 'nor this' }),
    end: () => all.post('/v1/dead-letters/drop?source=orders&code=schema-violation'),
  },
  'a product refuses much of what comes': {
    begin: () => send('refusing', { n: 1, d: 0 }, { n: 2, d: 0 }, { n: 3, d: 1 }),
    // Enough that it takes.
    end: async () => {
      await send('refusing', ...Array.from({ length: 50 }, (_, n) => ({ n, d: 1 })));
      await all.post('/v1/dead-letters/drop?source=refusing&product=shares');
    },
  },
  'the account of a product does not close': inBook('ledger-open'),
  'the store of one layer is away': switched('speedStoreAway'),
  'a product is several cuts behind': other({ sources: [{ source: 'orders', partitions: [{ epoch: 99 }] }] }),
  'a disk is nearly full': {
    begin: async () => (bytesLeft = 100),
    end: async () => (bytesLeft = ROOMY),
  },
  'the log lost what it acknowledged': {
    begin: async () => {
      const topic = (below: string) => join(all.directory, below, 'tenon.events.shorter');
      const [log, copy] = [topic('data/log'), topic('copies')];
      await send('shorter', { n: 1 });
      await all.restart(() => cpSync(log, copy, { recursive: true }));
      await send('shorter', { n: 2 }, { n: 3 });
      const isCounted = async () => (await all.get('/v1/products/shorter_total/rows')).text.includes('"n":3');
      expect(await comesTo(async () => ((await isCounted()) ? [] : ['not counted']))).toEqual([]);
      await all.restart(() => {
        rmSync(log, { recursive: true });
        cpSync(copy, log, { recursive: true });
      });
    },
    // It stays so: one of the last.
  },
  'a topic of events is gone': {
    begin: async () => {
      await send('lost', { n: 1 });
      await all.restart(() => rmSync(join(all.directory, 'data/log/tenon.events.lost'), { recursive: true }));
    },
    // It stays so: the last one.
  },
};

interface Told {
  readonly codes: readonly string[];
  readonly hintless: readonly string[];
  readonly exit: number;
}

async function doctor(tenon: FaultyTenon): Promise<Told> {
  const { code, out } = await runLine('doctor', '--json', '--url', tenon.url);
  const { problems } = JSON.parse(out) as { problems: { code: string; hint?: string }[] };
  return {
    codes: problems.map((one) => one.code),
    hintless: problems.filter(({ hint }) => hint === undefined).map((one) => one.code),
    exit: code,
  };
}

/** What is told elsewhere than the row says; none: the row holds. */
async function differences(tenon: FaultyTenon, row: Row): Promise<string[]> {
  const alive = await tenon.get('/healthz');
  const ready = await tenon.get('/readyz');
  const { degraded = [] } = JSON.parse(ready.text) as { degraded?: string[] };
  const status = await tenon.get('/v1/status');
  const { warnings } = JSON.parse(status.text) as { warnings: { code: string }[] };
  const metrics = await tenon.get('/metrics');
  const told = await doctor(tenon);
  const has = (codes: readonly string[]) => row.codes.every((code) => codes.includes(code));
  return [
    ...(alive.status === row.healthz ? [] : [`/healthz is ${alive.status}`]),
    ...(ready.status === row.readyz ? [] : [`/readyz is ${ready.status}: ${ready.text}`]),
    ...(!row.degraded || degraded.length > 0 ? [] : ['/readyz is not degraded']),
    ...(has(warnings.map(({ code }) => code)) ? [] : [`/v1/status warns of ${JSON.stringify(warnings)}`]),
    ...(row.metric === null || fires(metrics.text, row.metric) ? [] : [`${row.metric} does not fire`]),
    ...(has(told.codes) && told.exit === 1 ? [] : [`the doctor says ${told.codes.join()} (${told.exit})`]),
    ...told.hintless.map((code) => `the doctor does not say what to do about ${code}`),
  ];
}

const LONGEST_MS = 30_000;

/** Looks until there is nothing left to say. @returns what was said at last */
async function comesTo(look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const end = performance.now() + LONGEST_MS;
  for (;;) {
    const said = await look();
    if (said.length === 0 || performance.now() > end) return said;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const rows = readTable();
// What stays as it is comes last.
const ordered = Object.keys(SCENES).flatMap((what) => rows.filter((row) => row.what === what));

test('each row has a scene, and each scene a row', () => {
  expect(Object.keys(SCENES).sort()).toEqual(rows.map(({ what }) => what).sort());
});

test('where nothing is wrong, nothing is told', async () => {
  expect(await comesTo(async () => (await doctor(all)).codes)).toEqual([]);
  expect((await doctor(all)).exit).toBe(0);
  expect(JSON.parse((await all.get('/readyz')).text)).not.toHaveProperty('degraded');
});

test.each(ordered.map((row) => [row.what, row] as const))('%s', async (what, row) => {
  const { tenon = all, begin, end, meanwhile } = SCENES[what] as Scene;
  await begin();
  const told = await comesTo(async () => {
    await meanwhile?.();
    return differences(tenon, row);
  });
  await end?.();
  expect(told).toEqual([]);
  if (end === undefined) return;
  const isMeant = (code: string) => row.codes.includes(code);
  expect(await comesTo(async () => (await doctor(tenon)).codes.filter(isMeant))).toEqual([]);
});
