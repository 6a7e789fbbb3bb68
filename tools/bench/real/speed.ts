/** Speed: consume, aggregate, flush; beside a kafkajs consumer that does nothing, one with a Map, and Kafka Streams. */
import { TOPICS, isUnreadable, readFrame } from '@tenon/contracts';
import { productId } from '@tenon/domain';
import { heard, launch, startPeer } from './bundles';
import type { Lab } from './lab';
import type { Spent, TestedProcess } from './process';
import type { FilledTopic } from './topic';

export interface SpeedRun extends Spent {
  /** Highest resident memory, bytes. */
  readonly memory: number;
  /** CPU seconds from the start of the process to the first record: loading, compiling, connecting. */
  readonly startup: number;
}

const LOOK_EVERY_MS = 25;

/** Tenon's speed process alone, from the moment it begins to read to the last flush in the log. */
export async function runTenon(
  lab: Lab,
  filled: FilledTopic,
  product: string,
  nodeArgs: readonly string[] = [],
  ended: (process: TestedProcess) => void = () => undefined,
  begun: () => void = () => undefined,
): Promise<SpeedRun> {
  const source = filled.topic.slice(TOPICS.events('').length);
  const { process: speed } = launch('speed', lab.settings(source, product), nodeArgs);
  try {
    await speed.line((line) => line.includes('speed reads a partition from its cut') || undefined);
    begun();
    const startup = speed.cpu();
    const since = speed.meter();
    await flushed(lab, speed, filled, product);
    const spent = since();
    ended(speed);
    return { ...spent, startup, memory: speed.peakMemory() };
  } finally {
    await speed.stop();
  }
}

/** Resolves once each partition's last flush is in the log, and says so of all events. */
async function flushed(lab: Lab, speed: TestedProcess, filled: FilledTopic, product: string): Promise<void> {
  const topic = TOPICS.flushes(productId(product, 1));
  const left = new Set(Object.keys(filled.ends));
  let counted = 0;
  while (left.size > 0) {
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    speed.check();
    const ends = await lab.log.endOffsets(topic).catch(() => ({}) as Record<string, number>);
    for (const partition of left) {
      const end = ends[partition] ?? 0;
      if (end === 0) continue;
      const last = (await lab.log.read(topic, Number(partition), end - 1)).at(-1);
      if (last === undefined) continue;
      const frame = readFrame(last.value);
      if (isUnreadable(frame) || frame.message.type !== 'flush') continue;
      const { to, end: mark } = frame.message;
      if (to < (filled.ends[partition] ?? 0) || mark === undefined) continue;
      left.delete(partition);
      counted += mark.ledger.aggregated;
    }
  }
  if (counted !== filled.events) throw new Error(`Tenon counted ${counted} of ${filled.events} events.`);
}

/** A kafkajs consumer, from the moment it has joined its group. */
export async function runConsumer(
  lab: Lab,
  filled: FilledTopic,
  kind: 'nothing' | 'map',
  round: string,
): Promise<SpeedRun> {
  const group = `${lab.run}-${kind}-${round}`;
  const peer = startPeer('raw-consumer', [
    lab.servers.kafka,
    filled.topic,
    group,
    String(filled.events),
    kind,
  ]);
  try {
    const finished = heard(peer, 'done');
    await heard(peer, 'begun');
    const startup = peer.cpu();
    const since = peer.meter();
    await finished;
    return { ...since(), startup, memory: peer.peakMemory() };
  } finally {
    await peer.stop();
  }
}
