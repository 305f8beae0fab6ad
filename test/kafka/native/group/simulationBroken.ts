import { GroupMachine } from '../../../../src/kafka/native/group/machine.ts';
import type { GroupEffect, GroupEvent } from '../../../../src/kafka/native/group/machineTypes.ts';

const NOTHING = { partitions: [], generation: -1 };

/** Machines that break one promise each, which the simulation has to notice. */
export function brokenMachines(): [string, typeof GroupMachine][] {
  const changing = (change: (effect: GroupEffect) => readonly GroupEffect[]) =>
    class extends GroupMachine {
      override on(event: GroupEvent, nowMs: number): GroupEffect[] {
        return super.on(event, nowMs).flatMap(change);
      }
    };
  const hearing = (hear: (event: GroupEvent) => GroupEvent) =>
    class extends GroupMachine {
      override on(event: GroupEvent, nowMs: number): GroupEffect[] {
        return super.on(hear(event), nowMs);
      }
    };
  const tookFor = (error: string, event: (request: number) => GroupEvent) =>
    hearing((heard) =>
      heard.kind === 'refused' && heard.fault.type === error ? event(heard.request) : heard,
    );
  return [
    ['gives up partitions without finishing them', HandsOverAtOnce],
    [
      'claims to own nothing',
      changing((effect) => [effect.kind === 'join' ? { ...effect, claim: NOTHING } : effect]),
    ],
    ['sends no heartbeats', changing((effect) => (effect.kind === 'heartbeat' ? [] : [effect]))],
    ['does not join again', tookFor('REBALANCE_IN_PROGRESS', (request) => ({ kind: 'beaten', request }))],
    [
      'leaves the group whatever it is',
      changing((effect) =>
        effect.kind === 'stopped' ? [{ kind: 'leave', memberId: 'it', reason: '' }, effect] : [effect],
      ),
    ],
    [
      'does not believe that it is fenced',
      hearing((event) =>
        'fault' in event && event.fault?.type === 'FENCED_INSTANCE_ID'
          ? { ...event, fault: { ...event.fault, type: 'UNKNOWN_MEMBER_ID' } }
          : event,
      ),
    ],
  ];
}

class HandsOverAtOnce extends GroupMachine {
  override on(event: GroupEvent, nowMs: number): GroupEffect[] {
    const effects = super.on(event, nowMs);
    const revoking = effects.find((effect) => effect.kind === 'revoking');
    if (revoking === undefined) return effects;
    return [...effects, ...super.on({ kind: 'drained', drain: revoking.drain }, nowMs)];
  }
}
