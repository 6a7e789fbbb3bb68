/** The words of a plan, for tables and for Markdown. */
import { grouped, seconds as secondsText } from '../cli/output';
import type { Planned, PlannedProduct } from './plan';
import type { Rebuild } from './rebuild';

type Source = Planned['sources'][number];

const OUTCOMES: Readonly<Record<Source['outcome'] | PlannedProduct['outcome'], string>> = {
  unchanged: 'as it is',
  applied: 'at once',
  added: 'new',
  rebuild: 'rebuild',
  back: 'back, at once',
  removed: 'removed',
  refused: 'refused',
};

export interface Line {
  readonly kind: 'source' | 'product';
  readonly name: string;
  /** `v1 → v2`. */
  readonly versions: string;
  readonly outcome: Source['outcome'] | PlannedProduct['outcome'];
  readonly word: string;
  readonly what: string;
  readonly change: Source | PlannedProduct;
}

/** Sources before the products that read them. */
export function linesOf({ sources, products }: Planned): Line[] {
  return [
    ...sources.map((change): Line => {
      const { name, outcome, products: readers } = change;
      const below = readers.length > 0 ? `read by ${readers.join(', ')}` : 'no product reads it';
      const what = [whatOf(change), below].filter((text) => text !== '').join('; ');
      return { kind: 'source', name, versions: '', outcome, word: OUTCOMES[outcome], what, change };
    }),
    ...products.map((change): Line => {
      const { name, outcome } = change;
      const versions = versionsText(change);
      const what = [whatOf(change), rebuildText(change.rebuild)].filter((text) => text !== '').join('; ');
      return { kind: 'product', name, versions, outcome, word: OUTCOMES[outcome], what, change };
    }),
  ];
}

/** Those that the name answers with, now and then. */
function versionsText({ served, becomes }: PlannedProduct): string {
  const [from, to] = [served, becomes].map((one) => (one === null ? '' : `v${one}`));
  return from === to || from === '' || to === '' ? `${from || to}` : `${from} → ${to}`;
}

const whatOf = ({ differences }: Source | PlannedProduct) =>
  differences
    .filter(({ what }) => what !== 'version')
    .map(({ what, before, after }) => (before === null ? `+ ${what}` : after === null ? `- ${what}` : what))
    .join(', ');

export function rebuildText(rebuild: Rebuild | null): string {
  if (rebuild === null) return '';
  const { records, events, bytes, seconds } = rebuild;
  if (records === null || seconds === null) return 'built from the first event on';
  const size = bytes === null ? '' : `, ${bytesText(bytes)} of archive`;
  const what = events === null ? `${grouped(records)} records` : `${grouped(events)} events`;
  return `${what}${size}, about ${secondsText(seconds * 1000)}`;
}

export function bytesText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let [amount, at] = [bytes, 0];
  for (; amount >= 1000 && at < units.length - 1; at++) amount /= 1000;
  return `${at === 0 ? grouped(amount) : amount.toFixed(amount < 10 ? 1 : 0)} ${units[at]}`;
}

/** Who notices: those who send to a source, those who read a product. */
export const whoOf = (kind: Line['kind']) => (kind === 'source' ? 'producers' : 'readers');

/** One sentence for the whole. */
export function summaryOf({ ok, breaking, problems, sources, products }: Planned): string {
  if (!ok)
    return `${problems.length === 1 ? 'One problem' : `${problems.length} problems`}: it would be refused.`;
  const changed = [...sources, ...products].filter(({ outcome }) => outcome !== 'unchanged');
  if (changed.length === 0) return 'Nothing would change.';
  const counts = ['added', 'applied', 'rebuild', 'back', 'removed'].flatMap((outcome) => {
    const n = changed.filter((one) => one.outcome === outcome).length;
    return n === 0 ? [] : [`${n} ${OUTCOMES[outcome as keyof typeof OUTCOMES]}`];
  });
  return `${counts.join(', ')}. ${breaking ? 'Some who send or read today would notice.' : 'Nobody who sends or reads today would fail.'}`;
}
