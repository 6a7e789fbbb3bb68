/** What the status warns of where products are concerned. */
import type { AnswerTrouble } from '@tenon/contracts';
import type { Generation, Problem } from '@tenon/domain';
import { troubleHint } from './trouble-hints';

/** A product as serving describes it; the fields that are looked at. */
export interface ProductState {
  readonly name: string;
  readonly version: number;
  readonly source?: string;
  readonly generation?: Generation;
  readonly troubles?: readonly AnswerTrouble[];
}

/** Speed's state: how far the cuts are. */
interface SourcePlaces {
  readonly source: string;
  readonly partitions: readonly { readonly epoch: number }[];
}

/** A run or a fold may take as long as a cut or two. */
const SEVERAL_CUTS = 3;

/** What is wrong with single products, as their answers say it too. */
export const troubleWarnings = (products: readonly ProductState[]): Problem[] =>
  products.flatMap(({ name, version, troubles = [] }) =>
    troubles.map(({ code, layer, reason }) => ({
      code,
      message: `${name} v${version}, ${layer}: ${reason}`,
      hint: troubleHint(code),
    })),
  );

/** Products whose generation lies several cuts behind the newest one that speed has passed. */
export function behindWarnings(
  products: readonly ProductState[],
  services: readonly { readonly name: string }[],
): Problem[] {
  const newest = new Map<string, number>();
  for (const service of services) {
    const { sources } = service as { readonly sources?: unknown };
    if (service.name !== 'speed' || !Array.isArray(sources)) continue;
    for (const { source, partitions } of sources as readonly SourcePlaces[])
      for (const { epoch } of partitions) newest.set(source, Math.max(epoch, newest.get(source) ?? 0));
  }
  return products.flatMap(({ name, version, source = '', generation = Infinity }) => {
    const behind = (newest.get(source) ?? 0) - generation;
    if (behind < SEVERAL_CUTS) return [];
    const message = `${name} v${version} is served at generation ${generation}, ${behind} cuts behind.`;
    const hint =
      'In Lambda batch makes its runs, in Kappa consumption folds: is it there, and what does its log say?';
    return [{ code: 'product-behind', message, hint }];
  });
}
