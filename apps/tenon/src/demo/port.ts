/** A port for the demo: the one that was asked for, or the next that is free. */
import { createServer } from 'node:net';
import { failure } from '../cli/failure';
import type { Output } from '../cli/output';

const TRIES = 20;

/** @throws Failure `port-taken` if none of the next ports is free */
export async function freePort(wanted: number, { err }: Output): Promise<number> {
  for (let port = wanted; port < wanted + TRIES && port <= 65_535; port++) {
    if (!(await isFree(port))) continue;
    if (port !== wanted) err.write(`Port ${wanted} is taken (another Tenon?); this one takes ${port}.\n`);
    return port;
  }
  throw failure(
    'port-taken',
    `Port ${wanted} and the ${TRIES - 1} after it are taken.`,
    'Name a free one: npm start -- --port N',
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
