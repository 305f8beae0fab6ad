/** A look at a group from outside of it, by Kafka's own data: what `tidemark top` shows. */
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import type { KafkaConnection } from '../../kafka/connection.ts';
import { GroupView } from '../../kafka/inspect/groupView.ts';
import { systemClock } from '../clock.ts';
import { kafkaConnection } from '../connections.ts';
import type { ScaleAdvice } from '../scale/advice.ts';
import type { ScaleOptions } from '../scale/adviser.ts';
import { keyReader } from './keyReader.ts';
import { GroupObserver } from './observer.ts';
import type { GroupReport } from './report.ts';
import { isUndecided, stuckAfterMs } from './stuck.ts';

export interface TopTarget {
  readonly connection: KafkaConnection;
  readonly group: string;
  readonly topic: string;
  readonly readUncommitted: boolean;
  readonly scale: ScaleOptions;
  /** How often the group commits, as far as is known. */
  readonly commitEveryMs: number;
}

export function targetOf(config: PipelineConfig): TopTarget {
  return {
    connection: kafkaConnection(config),
    group: config.kafka.group,
    topic: config.input.topic,
    readUncommitted: config.kafka.isolation === 'read_uncommitted',
    scale: config.scaling,
    commitEveryMs: config.commitEveryMs,
  };
}

/** A group without a pipeline file, on brokers that ask for no credentials; the rest as the file's defaults are. */
export function targetAt(brokers: readonly string[], group: string, topic: string): TopTarget {
  return {
    connection: { brokers, clientId: 'tidemark-top' },
    group,
    topic,
    readUncommitted: false,
    scale: { drainInMs: 300_000 },
    commitEveryMs: 1_000,
  };
}

/** What is told of a group: one object of `tidemark top --json`. */
export interface TopView extends GroupReport {
  /** Null before the second look. */
  readonly scale: ScaleAdvice | null;
}

/** Rates over so many looks, or over what commits take where that is longer. */
const WINDOW_LOOKS = 5;
const LOOKS = 150;

/** How long two looks have to be apart so that a group that moves has committed in between. */
export function apartMs(target: TopTarget, everyMs: number): number {
  return Math.max(everyMs, 2 * target.commitEveryMs);
}

export function openTop(target: TopTarget, everyMs: number): Top {
  const { connection, group, topic, readUncommitted, commitEveryMs } = target;
  const windowMs = Math.max(WINDOW_LOOKS * everyMs, 5 * commitEveryMs);
  const stuckMs = stuckAfterMs(commitEveryMs);
  const observer = new GroupObserver({
    view: new GroupView(connection, group, topic),
    history: {
      group,
      topic,
      windowMs,
      stuckAfterMs: stuckMs,
      most: LOOKS,
    },
    scale: target.scale,
    clock: systemClock,
    newReader: () => keyReader(connection, topic, readUncommitted),
  });
  return new Top(observer, stuckMs);
}

export class Top {
  /** A partition that has not moved for so long while events wait is stuck. */
  readonly stuckAfterMs: number;
  readonly #observer: GroupObserver;

  constructor(observer: GroupObserver, stuckAfterMs: number) {
    this.#observer = observer;
    this.stuckAfterMs = stuckAfterMs;
  }

  /** Throws the TidemarkError of a look that failed; `view` then has it beside what was seen before. */
  async look(): Promise<void> {
    await this.#observer.look();
  }

  /** The key of a hot partition, where there is one; never throws. */
  async readHotKeys(): Promise<void> {
    await this.#observer.readHotKeys();
  }

  /** Whether some partition has not moved though events wait, for too short a time to say that it is stuck. */
  isUndecided(): boolean {
    return isUndecided(this.#observer.report());
  }

  view(): TopView {
    return { ...this.#observer.report(), scale: this.#observer.advice() ?? null };
  }

  async close(): Promise<void> {
    await this.#observer.close();
  }
}
