import { Refusal } from '@tenon/errors';
import { readSettings } from './config';

const STORES = {
  TENON_MONGODB_URL: 'mongodb://a/t',
  TENON_BATCH_STORE: 'mongodb://b/t',
  TENON_SPEED_STORE: 'mongodb://c/t',
};

describe('settings', () => {
  it('have defaults, and ignore variables of others', () => {
    const settings = readSettings({ PATH: '/bin', TENON_PORT: '' });
    expect(settings).toMatchObject({ TENON_PORT: 7070, TENON_HOST: '127.0.0.1', TENON_CUT_EVERY: 60_000 });
  });

  it('read durations, and off', () => {
    expect(readSettings({ TENON_CUT_EVERY: '1.5h' }).TENON_CUT_EVERY).toBe(5_400_000);
    expect(readSettings({ TENON_CUT_EVERY: 'off' }).TENON_CUT_EVERY).toBeNull();
  });

  it('may be required, each with an example, and have other defaults', () => {
    const options = {
      required: { TENON_LAKE: '/lake', TENON_NATS_URL: 'nats://n:4222' },
      defaults: { TENON_PORT: '7' },
    };
    expect(
      readSettings({ TENON_LAKE: '/l', TENON_NATS_URL: 'nats://a:1, tls://b:2' }, options).TENON_PORT,
    ).toBe(7);
    const problems = catchProblems(() => readSettings({ TENON_LAKE: '', TENON_PORT: 'x' }, options));
    expect(problems.map(({ code, message }) => [code, message.split(' ')[0]])).toEqual([
      ['missing-setting', 'TENON_LAKE'],
      ['missing-setting', 'TENON_NATS_URL'],
      ['invalid-setting', 'TENON_PORT'],
    ]);
  });

  it.each([
    ['TENON_KAFKA_BROKERS', ['a:9092', 'a.b:1,c-d:2, [::1]:9092'], ['a', 'kafka://a:1', 'a:1,', 'a:x']],
    ['TENON_NATS_URL', ['nats://u:p@a:1', 'a:4222', 'tls://a'], ['http://a', 'nats://', 'nats://a/b']],
    ['TENON_MONGODB_URL', ['mongodb://a/b?replicaSet=r', 'mongodb+srv://a'], ['a:27017', 'http://a']],
    ['TENON_LAKE', ['/lake', 'lake', 'C:\\lake'], ['s3://bucket/lake', 'file:///lake']],
  ])('%s is checked for its form', (name, right, wrong) => {
    for (const value of right) expect(readSettings({ [name]: value })).toHaveProperty(name, value);
    for (const value of wrong)
      expect(catchProblems(() => readSettings({ [name]: value }))).toMatchObject([
        { code: 'invalid-setting' },
      ]);
  });

  it('read the names and origins that browsers may use, and refuse what is none', () => {
    const settings = readSettings({
      TENON_HOSTS: 'a.example, *.b.example,*',
      TENON_ORIGINS: 'https://c.example:8443',
    });
    expect(settings.TENON_HOSTS).toEqual(['a.example', '*.b.example', '*']);
    expect(settings.TENON_ORIGINS).toEqual(['https://c.example:8443']);
    for (const wrong of [
      { TENON_HOSTS: 'a:80' },
      { TENON_HOSTS: 'http://a' },
      { TENON_ORIGINS: '*' },
      { TENON_ORIGINS: 'https://a/' },
    ])
      expect(catchProblems(() => readSettings(wrong))).toMatchObject([{ code: 'invalid-setting' }]);
  });

  it.each([
    [{ TENON_KAFKA_SASL: 'plain', TENON_KAFKA_USERNAME: 'me' }, 'TENON_KAFKA_SASL needs'],
    [{ TENON_KAFKA_PASSWORD: 's3cret' }, 'needs TENON_KAFKA_SASL'],
    [{ TENON_KAFKA_REPLICATION: '2', TENON_KAFKA_MIN_INSYNC: '3' }, 'nothing could be appended'],
    [{ TENON_KAFKA_SASL: 'oauth' }, 'TENON_KAFKA_SASL'],
    [{ TENON_ROLE: 'batch' }, 'TENON_ROLE is all or archive'],
    [{ TENON_LOG_RETENTION: '10ms' }, 'TENON_LOG_RETENTION is 1s at least, or off'],
    [{ TENON_LAYER: 'both' }, 'is all, combined, batch or speed'],
    [{ TENON_LAYER: 'speed' }, 'TENON_LAYER=speed needs TENON_BATCH_STORE'],
    [{ ...STORES, TENON_MONGODB_URL: '' }, 'need TENON_MONGODB_URL'],
    [{ ...STORES, TENON_SPEED_STORE: '' }, 'TENON_BATCH_STORE needs TENON_SPEED_STORE'],
    [{ ...STORES, TENON_BATCH_STORE: '' }, 'TENON_SPEED_STORE needs TENON_BATCH_STORE'],
  ])('%j is refused as a whole', (settings, message) => {
    const problems = catchProblems(() => readSettings(settings));
    expect(problems).toMatchObject([{ code: 'invalid-setting' }]);
    expect(problems[0]?.message).toContain(message);
    expect(JSON.stringify(problems)).not.toContain('s3cret');
  });

  it('let a process of one layer do with the store of that layer', () => {
    const { TENON_MONGODB_URL: _, ...apart } = STORES;
    for (const TENON_LAYER of ['batch', 'speed'])
      expect(readSettings({ ...apart, TENON_LAYER }).TENON_LAYER).toBe(TENON_LAYER);
  });

  it('pass over the settings of the local stack', () => {
    expect(readSettings({ TENON_STACK_DIR: '/tmp/x', TENON_PORT: '7000' }).TENON_PORT).toBe(7000);
  });

  it('report every problem at once, without showing values', () => {
    const wrong = { TENON_PROT: '1', TENON_PORT: 'x', TENON_CUT_EVERY: 'soon', TENON_LOG_LEVEL: 's3cret' };
    const problems = catchProblems(() => readSettings(wrong));
    expect(problems.map((problem) => problem.code)).toEqual([
      'unknown-setting',
      'invalid-setting',
      'invalid-setting',
      'invalid-setting',
    ]);
    expect(JSON.stringify(problems)).not.toContain('s3cret');
  });
});

function catchProblems(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error.problems;
    throw error;
  }
  throw new Error('expected a refusal');
}
