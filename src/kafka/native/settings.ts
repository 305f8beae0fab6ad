import { groupTimes, type SourceOptions } from '../sourceOptions.ts';
import type { Assignor, GroupSettings } from './group/membership.ts';

/** What the native source is told. */
export interface NativeSourceOptions extends SourceOptions {
  /** A name that survives restarts (KIP-345). Default: a dynamic member. */
  readonly instanceId?: string;
  /** Default 4,096. */
  readonly maxBlockRecords?: number;
  /** Bytes between the socket and `release`. Default 24 MiB. */
  readonly maxBufferedBytes?: number;
}

/** kafkajs and older Java members know eager assignors only: the group uses cooperative-sticky once all offer it. */
const ASSIGNORS: readonly Assignor[] = ['cooperative-sticky', 'RoundRobinAssigner', 'range'];

export function groupSettings(options: NativeSourceOptions): GroupSettings {
  const { topic, group, instanceId } = options;
  return {
    topic,
    group,
    ...(instanceId === undefined ? {} : { instanceId }),
    ...groupTimes(options),
    assignors: ASSIGNORS,
  };
}
