/** The demo's terminal tells a story; the log goes to a file beside the data, and only errors are pointed at. */
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@tenon/ports';
import { createLogger } from '@tenon/runtime';
import type { Output } from '../cli/output';

export function createLogFile(data: string, { err }: Output): Logger {
  const path = join(data, 'tenon.log');
  // The data directory is made, and found to be ours, by what logs here.
  let waiting = '';
  let pointed = false;
  const write = (line: string) => {
    waiting += line;
    if (!existsSync(data)) return;
    appendFileSync(path, waiting);
    waiting = '';
    if (!pointed && line.includes('"level":"error"')) {
      pointed = true;
      err.write(`\r\u001b[KSomething went wrong; the log says what: ${path}\n`);
    }
  };
  return createLogger({ level: 'info', name: 'tenon', destination: { write } });
}
