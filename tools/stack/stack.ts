/**
 * The servers that Tenon talks to, by hand: those that the environment names, else Docker Compose, else programs from
 * the package registries, all on 127.0.0.1.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { composeDown, composeUp, hasEngine } from './compose';
import type { Part } from './part';
import { kafka } from './parts/kafka';
import { mongodb } from './parts/mongodb';
import { nats } from './parts/nats';
import { claimPort } from './ports';
import { isRunning, stop, tail } from './programs';
import { noteState, readState } from './state';
import type { PartState, StackState } from './state';
import type { PartName, Settings } from './settings';
import { PARTS, URL_VARIABLES } from './settings';

export type Say = (line: string) => void;

const LOCAL: Readonly<Record<PartName, Part>> = { kafka, nats, mongodb };

const READY_WITHIN_MS = 60_000;

export interface Stack {
  readonly urls: Readonly<Record<PartName, string>>;
  /** The parts that this call has started. */
  readonly started: readonly PartName[];
}

export interface PartStatus {
  readonly part: PartName;
  readonly origin: 'environment' | 'compose' | 'local' | 'none';
  readonly url: string | null;
  /** Null: it answers. */
  readonly problem: string | null;
}

/** The environment for programs that use the stack. */
export function stackEnvironment(urls: Readonly<Record<PartName, string>>): Record<string, string> {
  return Object.fromEntries(PARTS.map((part) => [URL_VARIABLES[part], urls[part]]));
}

/** Starts what is missing and waits until everything answers. @throws Error; what was started is then stopped again */
export async function stackUp(settings: Settings, say: Say): Promise<Stack> {
  const before = await stackStatus(settings);
  const missing: PartName[] = [];
  for (const { part, url, origin, problem } of before) {
    if (problem === null)
      say(`${part}: ${url} (${origin === 'environment' ? URL_VARIABLES[part] : 'runs already'})`);
    else if (origin === 'environment') throw new Error(`${URL_VARIABLES[part]} names ${url}: ${problem}`);
    else missing.push(part);
  }
  const urls = Object.fromEntries(before.map(({ part, url }) => [part, url])) as Record<PartName, string>;
  if (missing.length === 0) return { urls, started: [] };
  // A part that ended or hangs is started again on its data.
  const known = readState(settings.run);
  const fresh = missing.filter((part) => known[part] === undefined);
  await stopProcesses(known, missing);
  try {
    mkdirSync(settings.run, { recursive: true });
    if (await hasEngine()) Object.assign(urls, await upInContainers(settings, missing, say));
    else {
      const starting = await Promise.allSettled(
        missing.map(async (part) => (urls[part] = await upLocally(settings, part, say))),
      );
      const failed = starting.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  } catch (error) {
    await stopProcesses(readState(settings.run), missing);
    await stackDown(settings, () => undefined, fresh);
    throw error;
  }
  return { urls, started: missing };
}

async function upInContainers(settings: Settings, parts: readonly PartName[], say: Say) {
  say(`${parts.join(', ')}: starting with Docker Compose`);
  const ports = { ...settings.ports };
  for (const part of parts)
    ports[part] = await claimPort(ports[part], `TENON_STACK_${part.toUpperCase()}_PORT`);
  const note = (part: PartName, url: string): void =>
    noteState(settings.run, part, { url, port: ports[part], origin: 'compose', processes: [] });
  for (const part of parts) note(part, '');
  const urls = await composeUp(parts, ports);
  for (const part of parts) {
    note(part, urls[part]);
    say(`${part}: ${urls[part]} (Docker Compose)`);
  }
  return Object.fromEntries(parts.map((part) => [part, urls[part]]));
}

async function upLocally({ cache, run, ports }: Settings, name: PartName, say: Say): Promise<string> {
  const part = LOCAL[name];
  const program = await part
    .install(cache, (line) => say(`${name}: ${line}`))
    .catch((error: Error) => {
      const hint = `Or set ${URL_VARIABLES[name]} to a server that you have, or install Docker.`;
      throw new Error(`${name}: ${error.message}\n${hint}`, { cause: error });
    });
  const began = performance.now();
  const before = readState(run)[name]?.port;
  const port = await claimPort(before ?? ports[name], `TENON_STACK_${name.toUpperCase()}_PORT`);
  const logFile = join(run, `${name}.log`);
  const { url, processes } = await part.start(program, { directory: join(run, name), logFile, port });
  const state: PartState = { url, port, origin: 'local', processes };
  noteState(run, name, state);
  for (;;) {
    await part.settle?.(url).catch(() => undefined);
    const problem = await check(name, url);
    if (problem === null) break;
    const dead = !processes.every(isRunning);
    if (dead || performance.now() - began > READY_WITHIN_MS) {
      throw new Error(
        `${part.title} ${dead ? 'ended' : `is not ready: ${problem}`}. Its log ends with:\n${tail(logFile)}`,
      );
    }
    await sleep(200);
  }
  say(`${name}: ${url} (${part.title}, ready in ${((performance.now() - began) / 1000).toFixed(1)} s)`);
  return url;
}

async function check(part: PartName, url: string): Promise<string | null> {
  return LOCAL[part].check(url).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** Stops what `stackUp` started, all of it or some parts; data and logs go too. */
export async function stackDown(
  settings: Settings,
  say: Say,
  parts: readonly PartName[] = PARTS,
): Promise<void> {
  const state = readState(settings.run);
  const known = parts.filter((part) => state[part] !== undefined);
  const contained = known.filter((part) => state[part]?.origin === 'compose');
  if (contained.length > 0) {
    const ports = Object.fromEntries(PARTS.map((part) => [part, state[part]?.port ?? settings.ports[part]]));
    await composeDown(contained, ports as Record<PartName, number>);
  }
  await stopProcesses(state, known);
  for (const part of known) {
    noteState(settings.run, part, null);
    say(`${part}: stopped`);
  }
}

async function stopProcesses(state: StackState, parts: readonly PartName[]): Promise<void> {
  const processes = parts.flatMap((part) => state[part]?.processes ?? []);
  await Promise.all(processes.map((one) => stop(one)));
}

/** Of each part, whether it answers now. */
export async function stackStatus(settings: Settings): Promise<readonly PartStatus[]> {
  const state = readState(settings.run);
  return Promise.all(
    PARTS.map(async (part): Promise<PartStatus> => {
      const given = process.env[URL_VARIABLES[part]];
      if (given) return { part, origin: 'environment', url: given, problem: await check(part, given) };
      const known = state[part];
      if (known === undefined) return { part, origin: 'none', url: null, problem: 'not started' };
      const { url, origin, processes } = known;
      const problem = processes.every(isRunning) ? await check(part, url) : 'its process has ended';
      return { part, origin, url, problem };
    }),
  );
}
