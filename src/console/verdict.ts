/** What the figures mean, in one word and a sentence. */
import type { PartitionView, ReplicaView } from '../http/api/replica.ts';
import { count, duration } from './format.ts';

/** How it is told: `good` and `quiet` ask for nothing, `watch` for attention, `bad` for hands. */
export type Tone = 'good' | 'quiet' | 'watch' | 'bad';

export interface Verdict {
  readonly word: string;
  readonly tone: Tone;
  readonly sentence: string;
}

/** More than this waits, and events are late because of it. */
const BEHIND_SECONDS = 10;

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
  const { partitions, rates, latency, slo } = replica;
  const lag = partitions.reduce((sum, { lagRecords }) => sum + (lagRecords ?? 0), 0);
  const oldest = Math.max(0, ...partitions.map(({ lagSeconds }) => lagSeconds ?? 0));
  const perSecond = rates === undefined ? 0 : rates.scored + rates.deadLettered + rates.skipped;
  const still = partitions.filter((partition) => partitionState(partition) === 'not moving');
  if (still.length > 0 && still.length < partitions.length) {
    const numbers = still.map(({ partition }) => partition).join(', ');
    const sentence = `Events wait in partition ${numbers} and none gets an outcome, while others go on.`;
    return { word: 'Partly stuck', tone: 'bad', sentence };
  }
  if (oldest > BEHIND_SECONDS) {
    const drain =
      perSecond > 0 ? `, ${duration(lag / perSecond)} of work at this rate` : ' and none gets an outcome';
    const sentence = `${count(lag)} events wait${drain}; the oldest for ${duration(oldest)}.`;
    return { word: perSecond > 0 ? 'Behind' : 'Stuck', tone: 'bad', sentence };
  }
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
  if (perSecond === 0 && lag === 0)
    return { word: 'Idle', tone: 'quiet', sentence: 'No event waits, and none came.' };
  const sentence =
    slo === undefined ? 'Events are scored as they come.' : 'Events are scored as they come, in time.';
  return { word: 'Keeping up', tone: 'good', sentence };
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
