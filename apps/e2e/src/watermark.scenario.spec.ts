/** What is final: by the windows that were seen, by the time of the cut, and by how late events may be; in both layers alike. */
import { Tenon } from './tenon';
let tenon: Tenon;
let receipt = '';
beforeEach(() => {
  tenon = new Tenon();
});
afterEach(() => tenon.stop());

const HOUR = 3_600_000;
/** Of all sends of a test, which may run across the end of an hour. */
const START = Date.now();
const hoursFromNow = (hours: number) => ({
  k: String(hours),
  at: new Date(START + hours * HOUR).toISOString(),
});

const source = (lateness: string) =>
  `time: at\n${lateness}schema:\n  type: object\n  required: [k, at]\n  properties:\n    k: { type: string }\n    at: { type: string, format: date-time }\n`;

const SQL =
  "SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, k, count(*) AS n FROM ev GROUP BY ALL";

async function send(...hours: number[]): Promise<void> {
  const events = hours.map((one) => JSON.stringify(hoursFromNow(one)));
  const { body } = await tenon.send('ev', events);
  expect(body['accepted']).toBe(hours.length);
  receipt = String(body['receipt']);
}

/** Hours from now → status, as both products say it. */
async function statuses(): Promise<unknown> {
  const [lam, kap] = await Promise.all(
    ['lam', 'kap'].map(async (product) => {
      const { rows } = await tenon.rows(product, { after: receipt, timeout: '30000' });
      return Object.fromEntries(rows.map((row) => [String(row['k']), row['_status']]));
    }),
  );
  expect(kap).toEqual(lam);
  return lam;
}

test('an event far ahead of time ends no window whose time has not come, nor one whose events may be late', async () => {
  tenon.file('sources/ev.yaml', source(''));
  for (const [name, topology] of Object.entries({ lam: 'lambda', kap: 'kappa' })) {
    tenon.file(`products/${name}.sql`, SQL);
    tenon.file(`products/${name}.yaml`, `topology: ${topology}\n`);
  }
  await tenon.start();
  await send(-5, -2, 1, 23);
  expect(await statuses()).toEqual({
    '-5': 'provisional',
    '-2': 'provisional',
    1: 'provisional',
    23: 'provisional',
  });
  await tenon.cut();
  const cut = { '-5': 'final', '-2': 'final', 1: 'provisional', 23: 'provisional' };
  expect(await statuses()).toEqual(cut);

  // What is asked of a cut that was made: nothing is computed anew.
  tenon.file('sources/ev.yaml', source('lateness: 3 hours\n'));
  await tenon.reload();
  expect(await statuses()).toEqual({ ...cut, '-2': 'provisional' });

  await send(-5, -2, 1);
  await tenon.cut();
  expect(await statuses()).toEqual({ ...cut, '-5': 'amended', '-2': 'provisional' });
  await tenon.cut(true);
  await tenon.restart();
  const { rows } = await tenon.rows('lam', {});
  expect(rows.find((row) => row['k'] === '-2')).toMatchObject({ n: 2, _status: 'provisional' });
});
