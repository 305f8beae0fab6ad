import { calm } from './plays/calm.ts';
import { hotKey } from './plays/hotKey.ts';
import { registryStopped } from './plays/registryStopped.ts';
import { replicasKilled } from './plays/replicasKilled.ts';
import { slowModel } from './plays/slowModel.ts';
import { stuckPartition } from './plays/stuckPartition.ts';
import type { Scene } from './scene.ts';

/** In the order in which docs/scenes.md shows them. */
export const scenes: readonly Scene[] = [
  calm,
  stuckPartition,
  registryStopped,
  slowModel,
  hotKey,
  replicasKilled,
];
