/** What each test of the wire begins with: a scene of its own, and golden messages to play back in it. */
import { createEngine } from '@tenon/engine';
import type { Engine } from '@tenon/ports';
import type { GoldenSet } from './golden';
import { PlayedBack } from './played-back';
import { Scene } from './scene';

export interface Stage {
  readonly scene: Scene;
  readonly played: PlayedBack;
}

/** To be called where tests are described. @returns what holds the scene of the test that runs */
export function useStage(golden: GoldenSet): Stage {
  const stage: { scene: Scene; played: PlayedBack } = {} as Stage;
  let engine: Engine;

  beforeAll(async () => {
    engine = await createEngine({ threads: 1 });
  });

  beforeEach(async () => {
    stage.scene = await Scene.open(engine);
    stage.played = new PlayedBack(stage.scene, golden);
  });

  afterEach(() => stage.scene.close());
  afterAll(() => engine.close());
  return stage;
}
