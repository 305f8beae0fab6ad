import type { TopView } from '../../src/service/group/top.ts';
import type { ScaleAdvice } from '../../src/service/scale/advice.ts';
import type { Replica } from '../demo/replicas.ts';
import type { DoctorReport } from './commands.ts';
import type { Samples } from './samples.ts';
import type { SceneWorld } from './world.ts';

/** Something done to a pipeline that runs, and what every view of it has to say then. */
export interface Scene {
  /** Of its pictures: `stuck-partition`. */
  readonly name: string;
  /** What is done, for people. */
  readonly title: string;
  readonly setting: Setting;
  /** Does it, to a world in which all partitions are held and events are scored. */
  play(world: SceneWorld): Promise<Truths>;
  /** Undoes what would outlive the scene on its stage. */
  undo?(world: SceneWorld): Promise<void>;
}

export interface Setting {
  readonly partitions: number;
  readonly replicas: number;
  /** A second. */
  readonly rate: number;
  /** A model that takes milliseconds for an event, in place of the pipeline's own. */
  readonly slowModel?: boolean;
}

/**
 * What each view has to say. Each is asked again as long as its function throws an AssertionError, until its deadline; what the
 * function returns are the view's own words that tell the truth.
 */
export interface Truths {
  readonly metrics: (replicas: readonly ReplicaSamples[]) => string;
  /** Holds for the answer of every replica. */
  readonly scale: (advice: ScaleAdvice, of: Replica) => string;
  readonly top: (view: TopView) => string;
  readonly doctor: (report: DoctorReport) => string;
  /** Of one replica each; the first is the one in the picture. */
  readonly consoles: readonly ConsoleTruth[];
}

export interface ReplicaSamples {
  readonly replica: Replica;
  readonly samples: Samples;
}

export interface ConsoleTruth {
  readonly replica: Replica;
  /** @param page the text of the page, as a person reads it */
  readonly says: (page: string) => string;
}
