import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import type { GroupLook } from '../../kafka/inspect/groupLook.ts';
import { GroupView } from '../../kafka/inspect/groupView.ts';
import type { GroupFacts } from '../../telemetry/groupFacts.ts';
import { systemClock } from '../clock.ts';
import { kafkaConnection } from '../connections.ts';
import type { Observability } from '../observability.ts';
import { keyReader } from './keyReader.ts';
import { GroupObserver } from './observer.ts';
import { GroupWatch } from './watch.ts';

const EVERY_MS = 10_000;
/** Rates over three looks, however they are spread: steadier than over one, and soon enough over after a change. */
const WINDOW_MS = 3.5 * EVERY_MS;
/** Three looks without progress; more where progress is seldom committed. */
const STUCK_AFTER_MS = 3 * EVERY_MS;
const STUCK_AFTER_COMMITS = 5;
/** Looks in a row that fail before nothing is claimed of the group any more. */
const STALE_AFTER = 3;
/** Five minutes of looks, back to which the age of the oldest waiting event is known. */
const LOOKS = 30;

export interface WatchedGroup {
  readonly watch: GroupWatch;
  readonly observer: GroupObserver;
}

/** The watch that every process that scores keeps over its group; it is told to telemetry. Does not look yet. */
export function watchGroup(config: PipelineConfig, observability: Observability): WatchedGroup {
  const { telemetry, health, log } = observability;
  const observer = observerOf(config, observability);
  const warned = new Set<string>();
  let failures = 0;
  const watch = new GroupWatch(observer, {
    clock: systemClock,
    random: Math.random,
    everyMs: EVERY_MS,
    looked: (look) => {
      failures = 0;
      telemetry.logEnds(endsOf(look, health.heldPartitions));
      telemetry.groupSeen(factsOf(observer));
    },
    failed: (cause) => {
      failures++;
      if (failures === STALE_AFTER) telemetry.groupSeen(undefined);
      log.debug({ code: cause.code }, `the group cannot be looked at: ${cause.message}`);
      // A broker that is down is told by whoever needs it to score; what waiting does not cure is told once.
      if (cause.disposition === 'retry' || warned.has(cause.code)) return;
      warned.add(cause.code);
      telemetry.warned(cause.code, `the group cannot be looked at: ${cause.message}`);
    },
  });
  return { watch, observer };
}

function observerOf(config: PipelineConfig, { health, tally, log }: Observability): GroupObserver {
  const { group, isolation } = config.kafka;
  const { topic } = config.input;
  const connection = kafkaConnection(config);
  return new GroupObserver({
    view: new GroupView(connection, group, topic, (level, message, details) =>
      log.debug({ client: 'group view', level, ...details }, message),
    ),
    history: {
      group,
      topic,
      windowMs: WINDOW_MS,
      stuckAfterMs: Math.max(STUCK_AFTER_MS, STUCK_AFTER_COMMITS * config.commitEveryMs),
      most: LOOKS,
    },
    scale: config.scaling,
    clock: systemClock,
    newReader: () => keyReader(connection, topic, isolation === 'read_uncommitted'),
    own: {
      held: health.heldPartitions,
      stopped: health.stoppedPartitions,
      effort: () => ({
        events: tally.events,
        busySeconds: performance.eventLoopUtilization().active / 1000,
      }),
    },
  });
}

function endsOf({ partitions }: GroupLook, held: ReadonlySet<number>): Map<number, number> {
  const ends = partitions.flatMap(({ partition, end }) =>
    held.has(partition) && end !== undefined ? [[partition, end] as const] : [],
  );
  return new Map(ends);
}

function factsOf(observer: GroupObserver): GroupFacts {
  const { members, lag, arrivalPerSecond } = observer.report();
  const advice = observer.advice();
  const serviceRate = advice?.because.serviceRate ?? undefined;
  return {
    members: members.length,
    lagRecords: lag,
    ...(arrivalPerSecond === null ? {} : { arrivalPerSecond }),
    ...(advice === undefined ? {} : { replicasWanted: advice.wanted }),
    ...(serviceRate === undefined ? {} : { serviceRate }),
  };
}
