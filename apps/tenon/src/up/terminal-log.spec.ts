import { createLogger } from '@tenon/runtime';
import { terminalLog } from './terminal-log';

test('a line on a terminal is words, with the fields that say something', () => {
  let written = '';
  const destination = terminalLog({ write: (text) => (written += text) });
  const logger = createLogger({ level: 'info', name: 'tenon', destination }).child({ service: 'batch' });
  logger.warn({ product: 'sales@1', error: new Error('no lake') }, 'a run failed');
  logger.info({ offsets: { 0: 7 } }, 'cut');
  const [first, second] = written.split('\n');
  expect(first).toMatch(/^\d\d:\d\d:\d\d warn {2}batch {7}a run failed product=sales@1 error=no lake$/);
  expect(second).toMatch(/ info {2}batch {7}cut offsets=\{"0":7\}$/);
});

test('secrets stay out of it, and what is no JSON is passed on', () => {
  let written = '';
  const destination = terminalLog({ write: (text) => (written += text) });
  createLogger({ level: 'info', name: 'tenon', destination }).warn(
    { token: 'x', url: 'mongodb://u:p@h' },
    'm',
  );
  destination.write('plain\n');
  expect(written).toMatch(/m token=\[redacted\] url=mongodb:\/\/\[redacted\]@h\nplain\n$/);
});
