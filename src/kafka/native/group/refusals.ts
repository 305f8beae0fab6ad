/** What the errors of the group set off in the machine. */
import { join, joinLater, joinOnceMore, wantJoin } from './joining.ts';
import { isEager, type MachineState } from './machineState.ts';
import type { GroupFault, JoinAnswer } from './machineTypes.ts';
import { verdictOf } from './verdict.ts';

/** Of a JoinGroup, a SyncGroup, a heartbeat, or of sharing out the partitions. */
export function onRefused(state: MachineState, request: number, fault: GroupFault): void {
  const { phase } = state;
  if (state.pulse.beat?.request === request) {
    onBeatRefused(state, fault);
    return;
  }
  if (!('request' in phase) || phase.request !== request) return;
  switch (phase.kind) {
    case 'joining':
      onJoinRefused(state, fault);
      return;
    case 'distributing':
      if (verdictOf(fault) === 'stop') {
        state.fail(fault.cause);
        return;
      }
      state.isOut(fault.cause);
      state.phase = { ...phase, retryAtMs: state.nowMs + state.backoff.next() };
      return;
    case 'syncing':
      onSyncRefused(state, phase.answer, fault);
      return;
    default:
      phase satisfies never;
  }
}

function onJoinRefused(state: MachineState, fault: GroupFault): void {
  const verdict = verdictOf(fault);
  if (verdict === 'stop') {
    state.fail(fault.cause);
    return;
  }
  if (verdict === 'id-required' && state.memberId === '' && fault.memberId) {
    state.memberId = fault.memberId;
    join(state, 'the member has got its id');
    return;
  }
  if (verdict === 'unknown') state.becomeUnknown();
  if (verdict === 'moved') state.lookElsewhere(fault.cause);
  // The next coordinator goes by its log, which ends at a generation that was synced.
  state.claim = state.synced;
  joinLater(state, 'the last attempt to join failed');
}

function onSyncRefused(state: MachineState, answer: JoinAnswer, fault: GroupFault): void {
  const verdict = verdictOf(fault);
  if (verdict === 'stop') {
    state.fail(fault.cause);
    return;
  }
  // An eager assignment was made, and it may have gone to others.
  if (isEager(answer)) state.lose('lost');
  if (verdict === 'rebalance') {
    joinOnceMore(state, answer);
    return;
  }
  if (verdict === 'unknown') state.becomeUnknown();
  if (verdict === 'stale') state.lose('lost');
  if (verdict === 'moved') state.lookElsewhere(fault.cause);
  state.claim = state.synced;
  joinLater(state, 'the assignment was not received');
}

function onBeatRefused(state: MachineState, fault: GroupFault): void {
  const { pulse, phase } = state;
  const { memberId, generation } = pulse.beat!;
  const verdict = verdictOf(fault);
  if (memberId !== state.memberId || generation !== state.generation) {
    pulse.forget();
    return;
  }
  if (verdict === 'rebalance') {
    pulse.answered();
    state.isUp();
    if (phase.kind === 'distributing') joinOnceMore(state, phase.answer);
    // An assignment that is still on its way to us is good for what it leaves us until then.
    else if (phase.kind === 'member' || phase.kind === 'syncing') wantJoin(state, 'the group rebalances');
    return;
  }
  pulse.missed(state.nowMs);
  if (verdict === 'stop') state.fail(fault.cause);
  if (verdict === 'moved') state.lookElsewhere(fault.cause);
  if (verdict === 'unknown' || verdict === 'stale') onDisowned(state, verdict);
}

/** The group says that it does not know us, or not in this generation. */
function onDisowned(state: MachineState, verdict: 'unknown' | 'stale'): void {
  const { kind } = state.phase;
  // The answer to the JoinGroup that is under way or about to be says more: the group may only have gone on to the
  // generation that is being answered.
  if ((kind === 'joining' || kind === 'waiting') && verdict === 'stale') return;
  if (kind === 'joining') {
    state.lose('lost');
    return;
  }
  // An assignment on its way to us is of a generation that is over.
  if (kind === 'syncing') state.do({ kind: 'forgetCoordinator', drop: true });
  if (verdict === 'unknown') state.becomeUnknown();
  else state.lose('lost');
  state.generation = -1;
  joinLater(state, 'the group went on without this member');
}

export function onCommitAnswered(state: MachineState, ticket: number, fault: GroupFault | undefined): void {
  const sent = state.commits.sent(ticket);
  if (sent === undefined) return;
  state.do(...state.commits.answered(fault, state.nowMs));
  const isCurrent = state.phase.kind === 'member' && sent.generation === state.synced;
  if (fault === undefined) {
    // The broker counts it as a heartbeat.
    if (isCurrent) state.pulse.alive(sent.atMs);
    return;
  }
  const verdict = verdictOf(fault);
  if (verdict === 'moved') state.do({ kind: 'forgetCoordinator', drop: false });
  if (!isCurrent) return;
  if (verdict === 'rebalance') wantJoin(state, 'the group rebalances');
  else if (verdict === 'unknown' || verdict === 'stale') onDisowned(state, verdict);
  else if (fault.type === 'FENCED_INSTANCE_ID') state.fail(fault.cause);
}
