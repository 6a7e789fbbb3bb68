import { envelope, start } from '../testing/ingestion-fixture';
import { TOPIC } from '../testing/orders';

const ID = '1610521604143693813';
const EVENT = `{"customer":"ann","count":${ID},"extra":[{"id":${ID}}]}`;
const CLOUD = `{"specversion":"1.0","id":"e","source":"/s","type":"t","data":${EVENT}}`;

/** What the log holds of `data`, as text. */
const kept = (value: Uint8Array) => /"data":(.*)\}$/s.exec(Buffer.from(value).toString())?.[1];

describe('a snowflake id comes into the log as it was sent', () => {
  it.each([
    ['as plain data', {}, EVENT],
    ['in an array', {}, `[${EVENT}]`],
    ['as a CloudEvent', { type: 'application/cloudevents+json' }, CLOUD],
    ['in a batch', { type: 'application/cloudevents-batch+json' }, `[${CLOUD}]`],
    ['in a stream', { type: 'application/x-ndjson' }, `${EVENT}\n`],
    ['in a stream of CloudEvents', { type: 'application/x-ndjson' }, `${CLOUD}\n`],
    [
      'as base64',
      { type: 'application/cloudevents+json' },
      CLOUD.replace(/"data":.*\}$/s, `"data_base64":"${Buffer.from(EVENT).toString('base64')}"}`),
    ],
  ])('%s', async (_, type, body) => {
    const fixture = await start();
    expect((await fixture.post({ ...type, body })).body).toMatchObject({ accepted: 1 });
    expect(fixture.log.all(TOPIC).map((record) => kept(record.value))).toEqual([EVENT]);
  });

  it('as key and id too, where its neighbour is another', async () => {
    const fixture = await start({ source: { key: ['count'], id: ['count'] } });
    await fixture.post({ body: `[${EVENT},${EVENT.replaceAll(ID, '1610521604143693814')}]` });
    const records = fixture.log.all(TOPIC);
    expect(records.map(({ key }) => Buffer.from(key ?? []).toString()).sort()).toEqual([
      ID,
      '1610521604143693814',
    ]);
    expect(records.map((record) => envelope(record).id).sort()).toEqual([ID, '1610521604143693814']);
  });
});
