/** Where the stack lives: ports, cache and run directory, from the environment. */
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export const PARTS = ['kafka', 'nats', 'mongodb'] as const;
export type PartName = (typeof PARTS)[number];

/** The variable that names a server to use instead of starting one. */
export const URL_VARIABLES: Readonly<Record<PartName, string>> = {
  kafka: 'TENON_KAFKA_BROKERS',
  nats: 'TENON_NATS_URL',
  mongodb: 'TENON_MONGODB_URL',
};

/** Not the servers' own default ports, which may be taken by servers of yours. */
const PORTS: Readonly<Record<PartName, number>> = { kafka: 19092, nats: 14222, mongodb: 37017 };

export interface Settings {
  /** Programs, kept between runs. */
  readonly cache: string;
  /** State, data and logs of what runs; removed by `down`. */
  readonly run: string;
  readonly ports: Readonly<Record<PartName, number>>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** @throws Error that names the variable which is wrong */
export function readSettings(env: Env = process.env): Settings {
  const cache = join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tenon');
  const run = env['TENON_STACK_DIR'] || join(tmpdir(), `tenon-stack-${userInfo().username}`);
  const port = (part: PartName) => {
    const name = `TENON_STACK_${part.toUpperCase()}_PORT`;
    const text = env[name];
    if (text === undefined || text === '') return PORTS[part];
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
      throw new Error(`${name} is ${JSON.stringify(text)}; it must be a port, or 0 for any free one.`);
    }
    return Number(text);
  };
  return { cache, run, ports: { kafka: port('kafka'), nats: port('nats'), mongodb: port('mongodb') } };
}
