import { Refusal } from '@tenon/ports';
import { readSettings } from './config';

describe('settings', () => {
  it('have defaults, and ignore variables of others', () => {
    const settings = readSettings({ PATH: '/bin', TENON_PORT: '' });
    expect(settings).toMatchObject({ TENON_PORT: 7070, TENON_HOST: '127.0.0.1', TENON_CUT_EVERY: 60_000 });
  });

  it('read durations, and off', () => {
    expect(readSettings({ TENON_CUT_EVERY: '1.5h' }).TENON_CUT_EVERY).toBe(5_400_000);
    expect(readSettings({ TENON_CUT_EVERY: 'off' }).TENON_CUT_EVERY).toBeNull();
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
