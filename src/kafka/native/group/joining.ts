/** The way into a generation of the group and out of it: JoinGroup, SyncGroup, and the drains between them. */

import { isEager, type MachineState, NEVER } from './machineState.ts';
import type { EffectOf, JoinAnswer } from './machineTypes.ts';

export function wantJoin(state: MachineState, reason: string): void {
  state.joinReason ??= reason;
  advance(state);
}

/** Joins again if that is wanted and nothing has to be finished first. */
function advance(state: MachineState): void {
  const reason = state.joinReason;
  if (state.phase.kind !== 'member' || state.drain !== undefined || reason === undefined) return;
  if (state.eager && state.held.size > 0) beginDrain(state, state.held.list());
  else join(state, reason);
}

export function join(state: MachineState, reason: string): void {
  state.joinReason = undefined;
  state.followUpAtMs = NEVER;
  const request = state.nextNumber();
  state.phase = { kind: 'joining', request, claimed: state.claim };
  const claim = { partitions: state.held.list(), generation: state.claim };
  state.do({ kind: 'join', request, memberId: state.memberId, claim, reason });
}

export function joinLater(state: MachineState, reason: string): void {
  state.phase = { kind: 'waiting', untilMs: state.nowMs + state.backoff.next(), reason };
}

/**
 * The next rebalance began before we had the assignment of this one, which others may have. Our claims were heeded in it, so
 * they hold as of its generation; as of the one before they would not be heeded any more (KAFKA-13891).
 */
export function joinOnceMore(state: MachineState, answer: JoinAnswer): void {
  if (!isEager(answer) && state.held.size > 0) state.claim = answer.generation;
  join(state, 'the group rebalances again');
}

export function onJoined(state: MachineState, request: number, answer: JoinAnswer): void {
  const { phase } = state;
  if (phase.kind !== 'joining' || phase.request !== request) return;
  state.memberId = answer.memberId;
  // A generation in between went by without us. The assignor heeds only claims of the latest one, so this assignment may
  // give what we hold to others at once, and the one in between may have.
  const behind = answer.generation - phase.claimed;
  if (state.held.size > 0 && (behind < 0 || behind > 1)) state.lose('lost');
  state.generation = answer.generation;
  if (state.held.size === 0) state.pulse.alive(state.nowMs);
  state.pulse.forget();
  state.pulse.restUntil(state.nowMs + state.settings.heartbeatIntervalMs);
  if (answer.isLeader && !answer.skipAssignment) distribute(state, answer);
  // A leader that came back cannot tell whether the assignment that it is not to repeat withheld partitions, or is older
  // than some of them.
  else sync(state, answer, [], answer.isLeader);
}

export function distribute(state: MachineState, answer: JoinAnswer): void {
  const request = state.nextNumber();
  state.phase = { kind: 'distributing', request, answer, retryAtMs: NEVER };
  state.do({ kind: 'distribute', request, protocol: answer.protocol, members: answer.members });
}

type Assignments = EffectOf<'sync'>['assignments'];

/** `withheld`: partitions that the assignment gives to nobody. */
export function onDistributed(
  state: MachineState,
  request: number,
  assignments: Assignments,
  withheld: number,
): void {
  const { phase } = state;
  if (phase.kind !== 'distributing' || phase.request !== request) return;
  sync(state, phase.answer, assignments, withheld > 0);
}

function sync(state: MachineState, answer: JoinAnswer, assignments: Assignments, incomplete: boolean): void {
  const request = state.nextNumber();
  const { memberId, generation, protocol } = answer;
  state.phase = { kind: 'syncing', request, answer, sentAtMs: state.nowMs, incomplete };
  state.do({ kind: 'sync', request, memberId, generation, protocol, assignments });
}

export function onSynced(state: MachineState, request: number, partitions: readonly number[]): void {
  const { phase, pulse, held } = state;
  if (phase.kind !== 'syncing' || phase.request !== request) return;
  pulse.alive(phase.sentAtMs);
  if (state.nowMs >= pulse.sessionEndsAtMs) {
    outlive(state);
    return;
  }
  state.phase = { kind: 'member' };
  state.eager = isEager(phase.answer);
  state.synced = state.generation;
  state.claim = state.generation;
  // A rebalance that began meanwhile is found out at once, and not a heartbeat interval later.
  pulse.restUntil(state.nowMs);
  state.backoff.reset();
  state.isUp();
  const mine = new Set(partitions);
  const taken = held.list().filter((partition) => !mine.has(partition));
  // The group turned eager while we held partitions: who they went to has them already.
  if (state.eager) state.drop(taken, 'lost');
  const added = partitions.filter((partition) => !held.has(partition));
  held.grant(added);
  state.do({ kind: 'assigned', partitions: added, generation: state.synced });
  state.flushCommits();
  if (phase.incomplete) state.followUpAtMs = state.nowMs + state.settings.rebalanceTimeoutMs;
  if (!state.eager && taken.length > 0) {
    state.joinReason ??= 'partitions were given up';
    beginDrain(state, taken);
  }
  advance(state);
}

function beginDrain(state: MachineState, partitions: readonly number[]): void {
  const id = state.nextNumber();
  const deadlineMs = state.nowMs + state.settings.drainTimeoutMs;
  state.drain = { id, partitions, deadlineMs };
  state.do({ kind: 'revoking', drain: id, partitions, deadlineMs });
}

/** What was drained is committed, or time is up. */
export function endDrain(state: MachineState): void {
  const { partitions } = state.drain!;
  state.drain = undefined;
  state.drop(partitions, 'revoked');
  advance(state);
}

/** No sign of life got through for a whole session: the group gives our partitions to others about now. */
export function outlive(state: MachineState): void {
  state.lose('lost');
  state.generation = -1;
  state.pulse.forget();
  state.do({ kind: 'forgetCoordinator', drop: true });
  // A JoinGroup that was under way is given up with its connection, and says so.
  if (state.phase.kind !== 'joining') joinLater(state, 'the session ran out');
}
