/** What a service says of itself, short enough for a column of a table. */

/** `5 s`, `12 min`, `3 h`, `9 d`. */
export function uptimeText(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

const MOST_TOPICS = 2;

/**
 * `events.flights 0-3`; of many topics only how much it is: `12 of 3 topics`.
 *
 * @param held topic → partition → offset
 */
export function partitionsText(held: Readonly<Record<string, Readonly<Record<string, number>>>>): string {
  const topics = Object.entries(held).map(
    ([topic, partitions]) => [topic.replace(/^tenon\./, ''), Object.keys(partitions).map(Number)] as const,
  );
  if (topics.length > MOST_TOPICS) {
    const count = topics.reduce((sum, [, partitions]) => sum + partitions.length, 0);
    return `${count} of ${topics.length} topics`;
  }
  return topics.map(([topic, partitions]) => `${topic} ${rangesOf(partitions) || 'none'}`).join(', ');
}

/** `[0, 1, 2, 5]` → `0-2+5`. */
function rangesOf(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join('+');
}
