import type { Plan, Pointer } from '@tenon/domain';

/**
 * What speed and batch know of the landing zone: which base view each product serves, so from where to replay and what a run
 * builds on. They never look into it otherwise.
 */
export interface ServedPointers {
  /**
   * All at one instant, in the order of the plans; undefined where nothing is served yet.
   *
   * @throws UnsupportedVersion
   */
  read(
    plans: readonly Pick<Plan, 'product' | 'version' | 'source'>[],
  ): Promise<readonly (Pointer | undefined)[]>;
}
