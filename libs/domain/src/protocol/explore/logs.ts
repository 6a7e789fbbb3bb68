/**
 * The judge of a lane, over every log up to a length: events under ids that come again, and barriers of two writers, which
 * copy, skip and go back. Whoever begins anywhere must find what the oracle does.
 */
import type { Broken, Explored } from './explore';
import type { Place } from './oracle';
import { placesOf } from './oracle';
import type { Rules } from './rules';
import type { ScriptRecord } from './script';
import { readScripts } from './script';

const WINDOW = 2;
const SYMBOLS = ['a1', 'a2', 'a1!', '|1', '|2', '|3'];

/** All logs of up to `length` records, shorter ones first. */
export function exploreLogs(rules: Rules, length: number): Explored {
  let logs = [''];
  let states = 0;
  let steps = 0;
  for (let size = 0; size <= length; size++) {
    for (const log of logs) {
      const [script = []] = readScripts([log]);
      states += 1;
      steps += script.length + 1;
      const broken = check(rules, script);
      if (broken !== null) return { states, steps, broken: { promise: broken, trace: log.split(' ') } };
    }
    logs = logs.flatMap((log) => SYMBOLS.map((symbol) => `${log} ${symbol}`.trim()));
  }
  return { states, steps, broken: null };
}

/** @returns which promise a reader that begins somewhere breaks */
function check(rules: Rules, script: readonly ScriptRecord[]): Broken['promise'] | null {
  const places = placesOf(script, WINDOW);
  for (const begin of places) {
    const judge = new rules.PartitionJudge({ epoch: begin.epoch, start: begin.start }, begin.offset, WINDOW);
    for (let offset = judge.readFrom; offset < script.length; offset++) {
      const record = script[offset] as ScriptRecord;
      const found =
        'id' in record ? judge.event(offset, record.identity) : judge.control(offset, record.barrier);
      const after = places[Math.max(offset + 1, begin.offset)] as Place;
      const right = offset < begin.offset ? 'before' : after.verdict;
      if (found !== right) return `From ${begin.offset} on, record ${offset} is '${found}', not '${right}'.`;
      if (
        judge.next !== after.offset ||
        judge.cursor.epoch !== after.epoch ||
        judge.cursor.start !== after.start
      )
        return `From ${begin.offset} on, after record ${offset} the epoch or the next offset is wrong.`;
    }
  }
  return null;
}
