/** What the figures mean, in one word and a sentence. */
import type { PartitionView, ReplicaView } from '../http/api/replica.ts';
import { count, duration } from './format.ts';
import { BEHIND_SECONDS, type Waiting, waitingOf } from './waiting.ts';

/** How it is told: `good` and `quiet` ask for nothing, `watch` for attention, `bad` for hands. */
export type Tone = 'good' | 'quiet' | 'watch' | 'bad';

export interface Verdict {
  readonly word: string;
  readonly tone: Tone;
  readonly sentence: string;
}

export function verdict(replica: ReplicaView): Verdict {
  return lifeVerdict(replica) ?? readyVerdict(replica) ?? flowVerdict(replica);
}

/** When the process is not simply running. */
function lifeVerdict({ state, alive, pauses }: ReplicaView): Verdict | undefined {
  const [fatal] = alive.reasons;
  if (fatal !== undefined) return { word: 'Failed', tone: 'bad', sentence: told(fatal) };
  switch (state.kind) {
    case 'starting':
      return { word: 'Starting', tone: 'watch', sentence: 'It loads, proves and connects its parts.' };
    case 'draining':
      return {
        word: 'Draining',
        tone: 'watch',
        sentence: 'It finishes what is in hand and takes nothing new.',
      };
    case 'stopped':
      return { word: 'Stopped', tone: 'bad', sentence: state.why ?? '' };
    case 'paused': {
      const why = pauses.map(({ reason, why }) => `${reason}: ${why}`).join('; ') || (state.why ?? '');
      return { word: 'Paused', tone: 'bad', sentence: why };
    }
    default:
      return undefined;
  }
}

function readyVerdict({ ready, partitions }: ReplicaView): Verdict | undefined {
  const stopped = partitions.filter((partition) => partition.stopped);
  const [first] = stopped;
  if (first?.stopped !== undefined) {
    const others = stopped.length === partitions.length ? 'none is left' : 'the others go on';
    const numbers = stopped.map(({ partition }) => partition).join(', ');
    const which = `${stopped.length === 1 ? 'Partition' : 'Partitions'} ${numbers} ${stopped.length === 1 ? 'is' : 'are'}`;
    return {
      word: 'Partly stopped',
      tone: 'bad',
      sentence: `${which} read no further, ${others}: ${told(first.stopped)}`,
    };
  }
  if (ready.ok) return undefined;
  return { word: 'Not ready', tone: 'bad', sentence: ready.reasons.map(told).join('; ') };
}

function flowVerdict(replica: ReplicaView): Verdict {
  const { partitions, latency, slo } = replica;
  const waiting = waitingOf(replica);
  const still = partitions.filter((partition) => partitionState(partition) === 'not moving');
  if (still.length > 0 && still.length < partitions.length) {
    const numbers = still.map(({ partition }) => partition).join(', ');
    const sentence = `Events wait in partition ${numbers} and none gets an outcome, while others go on.`;
    return { word: 'Partly stuck', tone: 'bad', sentence };
  }
  if (waiting.isBehind) return behindVerdict(waiting);
  if (partitions.length === 0) {
    const sentence = 'It holds no partition: other members of the group have them all.';
    return { word: 'Standing by', tone: 'quiet', sentence };
  }
  const within = latency.event?.withinSlo;
  if (slo !== undefined && within !== undefined && within < 0.99) {
    const late = `1 of 100 events takes longer than ${duration(latency.event!.p99Seconds)}`;
    return {
      word: 'Late',
      tone: 'watch',
      sentence: `${late}; the objective is ${duration(slo.p99Seconds)}.`,
    };
  }
  if (!waiting.perSecond && waiting.records === 0)
    return { word: 'Idle', tone: 'quiet', sentence: 'No event waits, and none came.' };
  const sentence =
    slo === undefined ? 'Events are scored as they come.' : 'Events are scored as they come, in time.';
  return { word: 'Keeping up', tone: 'good', sentence };
}

function behindVerdict({ records, oldestSeconds, perSecond }: Waiting): Verdict {
  const isStuck = perSecond === 0;
  const drain = isStuck
    ? ' and none gets an outcome'
    : perSecond === undefined
      ? ''
      : `, ${duration(records / perSecond)} of work at this rate`;
  const sentence = `${count(records)} events wait${drain}; the oldest for ${duration(oldestSeconds)}.`;
  return { word: isStuck ? 'Stuck' : 'Behind', tone: 'bad', sentence };
}

export type PartitionWord = 'stopped' | 'not moving' | 'behind' | 'keeping up' | 'idle' | 'unknown';

export function partitionState(partition: PartitionView): PartitionWord {
  const { stopped, lagRecords, lagSeconds, progressPerSecond } = partition;
  if (stopped !== undefined) return 'stopped';
  if (lagRecords === undefined) return 'unknown';
  const oldest = lagSeconds ?? 0;
  if (lagRecords > 0 && oldest > BEHIND_SECONDS) return progressPerSecond === 0 ? 'not moving' : 'behind';
  return lagRecords === 0 && !progressPerSecond ? 'idle' : 'keeping up';
}

export function partitionTone(word: PartitionWord): Tone {
  if (word === 'stopped' || word === 'not moving') return 'bad';
  if (word === 'behind') return 'watch';
  return word === 'keeping up' ? 'good' : 'quiet';
}

function told({ code, message }: { readonly code?: string; readonly message: string }): string {
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}
