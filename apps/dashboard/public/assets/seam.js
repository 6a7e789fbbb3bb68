// Where batch ends and speed begins, as numbers: an answer is exactly the records below `included`; those below `cut`
// come from batch (in Kappa: from the folded base), the rest from speed.
/** @typedef {import('../../src/wire').Answer} Answer */
/** @typedef {{source: string, partition: string, cut: number, included: number, batch: number, speed: number}} Part */

/** @param {Pick<Answer, 'cut' | 'included'>} answer @returns {Part[]} in the order of source and partition */
export function partsOf({ cut, included }) {
  return Object.keys(included)
    .sort()
    .flatMap((source) => {
      const next = included[source] ?? {};
      return Object.keys(next)
        .sort((a, b) => Number(a) - Number(b))
        .map((partition) => partOf(source, partition, cut[source]?.[partition] ?? 0, next[partition] ?? 0));
    });
}

/** @param {string} source @param {string} partition @param {number} cut @param {number} included @returns {Part} */
function partOf(source, partition, cut, included) {
  const batch = Math.min(cut, included);
  return { source, partition, cut, included, batch, speed: included - batch };
}

/** @param {readonly Part[]} parts */
export function totalOf(parts) {
  let batch = 0;
  let speed = 0;
  for (const part of parts) {
    batch += part.batch;
    speed += part.speed;
  }
  const records = batch + speed;
  return { batch, speed, records, batchShare: records === 0 ? 0 : batch / records };
}

/** The next of 1, 2, 5, 10, 20, 50 … that is not below n. @param {number} n */
export function roundUp(n) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, n)));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= n);
  return (step ?? 10) * power;
}

/**
 * How many of the newest records the partition bars show. It fits this epoch and the one before, so that the scale
 * stands still while a cut passes: what is seen to move is the cut.
 */
export class Zoom {
  #generation = -1;
  #peak = 0;
  #peakBefore = 0;
  span = 100;

  /** @param {readonly Part[]} parts @param {number} generation */
  observe(parts, generation) {
    if (generation !== this.#generation) {
      this.#peakBefore = this.#generation === -1 ? 0 : this.#peak;
      this.#peak = 0;
      this.#generation = generation;
    }
    for (const part of parts) this.#peak = Math.max(this.#peak, part.speed);
    this.span = Math.max(100, roundUp(1.15 * Math.max(this.#peak, this.#peakBefore)));
  }
}

/** Records per second over the last seconds, from how far answers reached. */
export class Rate {
  /** @type {{at: number, records: number}[]} */
  #samples = [];

  /** @param {number} at milliseconds @param {number} records */
  observe(at, records) {
    const last = this.#samples.at(-1);
    if (last && records < last.records) this.#samples = [];
    if (last && at - last.at < 200) last.records = records;
    else this.#samples.push({ at, records });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > 6000) this.#samples.shift();
  }

  /** @param {number} now @returns {number | null} null until there is enough to tell */
  perSecond(now) {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || now - first.at < 1000) return null;
    return (last.records - first.records) / ((Math.max(now, last.at) - first.at) / 1000);
  }
}
