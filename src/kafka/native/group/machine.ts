import type { Random } from '../cluster/backoff.ts';
import {
  distribute,
  endDrain,
  join,
  onDistributed,
  onJoined,
  onSynced,
  outlive,
  wantJoin,
} from './joining.ts';
import { type MachineSettings, MachineState, NEVER } from './machineState.ts';
import type { GroupEffect, GroupEvent } from './machineTypes.ts';
import type { Ownership } from './membership.ts';
import { onCommitAnswered, onRefused } from './refusals.ts';

/** A stopping member does not wait longer than this for the group to let it go; its session ends by itself. */
const LEAVE_TIMEOUT_MS = 5_000;

/**
 * Membership by the classic protocol (JoinGroup, SyncGroup, Heartbeat, LeaveGroup) as a pure machine: events and the time
 * go in, effects come out.
 *
 * Cooperative (KIP-429), when the group uses cooperative-sticky: at a rebalance the partitions go on being read;
 * JoinGroup, sent at once, says which we own; the assignment gives to nobody what a member has to give up first; that
 * member drains and commits just those partitions and joins again. Eager, with any other assignor: everything is
 * drained, committed and given up before JoinGroup, for the assignment may give anything to anybody.
 */
export class GroupMachine {
  readonly #state: MachineState;

  constructor(settings: MachineSettings, random: Random) {
    this.#state = new MachineState(settings, random);
  }

  /** What offsets are committed under; undefined while no offsets may be sent. */
  get ownership(): Ownership | undefined {
    return this.#state.ownership;
  }

  /** When the machine wants a `tick`; Infinity for never. */
  get wakeAtMs(): number {
    const { phase, pulse, generation, held, drain, commits, ownership, followUpAtMs } = this.#state;
    if (phase.kind === 'idle' || phase.kind === 'over') return NEVER;
    if (phase.kind === 'leaving') return phase.untilMs;
    return Math.min(
      phase.kind === 'waiting' ? phase.untilMs : NEVER,
      phase.kind === 'distributing' ? phase.retryAtMs : NEVER,
      phase.kind === 'member' ? followUpAtMs : NEVER,
      generation >= 0 ? pulse.dueAtMs : NEVER,
      held.size > 0 ? pulse.sessionEndsAtMs : NEVER,
      drain?.deadlineMs ?? NEVER,
      commits.wakeAtMs(ownership),
    );
  }

  on(event: GroupEvent, nowMs: number): GroupEffect[] {
    const state = this.#state;
    state.nowMs = nowMs;
    this.#handle(event);
    state.flushCommits();
    return state.takeEffects();
  }

  #handle(event: GroupEvent): void {
    const state = this.#state;
    switch (event.kind) {
      case 'start':
        if (state.phase.kind === 'idle') join(state, 'the member starts');
        return;
      case 'stop':
        this.#stop();
        return;
      case 'tick':
        this.#tick();
        return;
      case 'rejoin':
        wantJoin(state, event.reason);
        return;
      case 'joined':
        if (!this.#isLastJoin(event.request)) onJoined(state, event.request, event.answer);
        else this.#leave(event.answer.memberId);
        return;
      case 'distributed':
        onDistributed(state, event.request, event.assignments, event.withheld);
        return;
      case 'synced':
        onSynced(state, event.request, event.partitions);
        return;
      case 'beaten':
        this.#beaten(event.request);
        return;
      case 'refused':
        if (!this.#isLastJoin(event.request)) onRefused(state, event.request, event.fault);
        else this.#leave(event.fault.memberId ?? '');
        return;
      case 'drained':
        if (state.drain?.id === event.drain) endDrain(state);
        return;
      case 'commit':
        state.commits.ask(event.ticket, event.partitions);
        return;
      case 'commitAnswered':
        onCommitAnswered(state, event.ticket, event.fault);
        return;
      case 'left':
        if (state.phase.kind === 'leaving') this.#end();
        return;
      default:
        event satisfies never;
    }
  }

  // --------------------------------------------------------------------------------------------------------------- time

  #tick(): void {
    const state = this.#state;
    const { nowMs } = state;
    if (state.phase.kind === 'leaving' && nowMs >= state.phase.untilMs) this.#end();
    const { kind } = state.phase;
    if (kind === 'idle' || kind === 'over' || kind === 'leaving') return;
    if (state.held.size > 0 && nowMs >= state.pulse.sessionEndsAtMs) outlive(state);
    if (state.drain !== undefined && nowMs >= state.drain.deadlineMs) endDrain(state);
    if (state.phase.kind === 'waiting' && nowMs >= state.phase.untilMs) join(state, state.phase.reason);
    if (state.phase.kind === 'distributing' && nowMs >= state.phase.retryAtMs)
      distribute(state, state.phase.answer);
    if (state.phase.kind === 'member' && nowMs >= state.followUpAtMs) {
      state.followUpAtMs = NEVER;
      wantJoin(state, 'partitions may be without an owner');
    }
    if (state.generation >= 0 && nowMs >= state.pulse.dueAtMs) this.#heartbeat();
  }

  #heartbeat(): void {
    const state = this.#state;
    const { memberId, generation, nowMs } = state;
    const request = state.nextNumber();
    state.pulse.sent(request, memberId, generation, nowMs);
    const beside = state.phase.kind === 'joining' || state.phase.kind === 'syncing';
    state.do({ kind: 'heartbeat', request, memberId, generation, beside });
  }

  #beaten(request: number): void {
    const { pulse } = this.#state;
    if (pulse.beat?.request !== request) return;
    pulse.answered();
    this.#state.isUp();
  }

  // ------------------------------------------------------------------------------------------------------------- leaving

  /** A static member is not left: its partitions wait for it to come back within the session timeout (KIP-345). */
  #stop(): void {
    const state = this.#state;
    const { phase, memberId, settings } = state;
    if (phase.kind === 'leaving') return;
    state.lose('closed');
    state.pulse.forget();
    state.do(...state.commits.close());
    const untilMs = state.nowMs + LEAVE_TIMEOUT_MS;
    if (phase.kind === 'idle' || phase.kind === 'over' || settings.instanceId !== undefined) this.#end();
    else if (memberId !== '') this.#leave(memberId);
    // Its answer brings an id that counts as a member until it leaves: the group would wait for it.
    else if (phase.kind === 'joining') state.phase = { kind: 'leaving', untilMs, awaits: phase.request };
    else this.#end();
  }

  /** Whether this answers the JoinGroup that was under way without an id when the member was stopped. */
  #isLastJoin(request: number): boolean {
    const { phase } = this.#state;
    return phase.kind === 'leaving' && phase.awaits === request;
  }

  #leave(memberId: string): void {
    const state = this.#state;
    if (memberId === '') {
      this.#end();
      return;
    }
    state.phase = { kind: 'leaving', untilMs: state.nowMs + LEAVE_TIMEOUT_MS };
    state.do({ kind: 'leave', memberId, reason: 'the pipeline stops' });
  }

  #end(): void {
    this.#state.phase = { kind: 'over' };
    this.#state.do({ kind: 'stopped' });
  }
}
