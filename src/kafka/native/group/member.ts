import { asTidemarkError, TidemarkError } from '../../../errors.ts';
import { internalFault } from '../../errors.ts';
import type { Random } from '../cluster/backoff.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { decodeAssignment, encodeProtocols } from './assignment.ts';
import { GroupCoordinator } from './coordinator.ts';
import { groupFault } from './groupFault.ts';
import { GroupLeader } from './leader.ts';
import { GroupMachine } from './machine.ts';
import type { CommitOutcome, EffectOf, GroupEffect, GroupEvent, JoinedMember } from './machineTypes.ts';
import type {
  CommittedPosition,
  GroupPosition,
  GroupSettings,
  MemberEvents,
  Ownership,
} from './membership.ts';
import { commitOffsets } from './offsets.ts';
import { fetchStableOffsets } from './stableOffsets.ts';

interface PendingCommit {
  readonly positions: readonly GroupPosition[];
  readonly settled: PromiseWithResolvers<CommitOutcome>;
}

/** A member of a consumer group: the machine decides, this carries it out. */
export class GroupMember {
  readonly #settings: GroupSettings;
  readonly #events: MemberEvents;
  readonly #random: Random;
  readonly #machine: GroupMachine;
  readonly #coordinator: GroupCoordinator;
  readonly #leader: GroupLeader;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #commits = new Map<number, PendingCommit>();
  readonly #waiting: GroupEvent[] = [];
  #lastCommit: Promise<unknown> = Promise.resolve();
  #tickets = 0;
  #isBusy = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(cluster: Cluster, settings: GroupSettings, events: MemberEvents, random: Random = Math.random) {
    this.#settings = settings;
    this.#events = events;
    this.#random = random;
    this.#machine = new GroupMachine(settings, random);
    this.#coordinator = new GroupCoordinator(cluster, settings);
    this.#leader = new GroupLeader(cluster, (reason) => this.rejoin(reason));
  }

  /** What offsets are committed under at this moment; undefined while none may be. */
  get ownership(): Ownership | undefined {
    return this.#machine.ownership;
  }

  /** Joins in the background. */
  start(): void {
    this.#tell({ kind: 'start' });
  }

  /** Drains nothing: every partition is gone at once. Leaves the group, unless the member is static. Never throws. */
  stop(): Promise<void> {
    this.#tell({ kind: 'stop' });
    return this.#stopped.promise;
  }

  /** Has the group share out its partitions again. */
  rejoin(reason: string): void {
    this.#tell({ kind: 'rejoin', reason });
  }

  /**
   * Commits positions of partitions that this member owns; those it does not own are left out. Waits while a rebalance is
   * between JoinGroup and SyncGroup, and for commits asked for before. `refused`: the group has moved on; the positions
   * are not sent again, and a partition that is still owned is committed by the next call. Throws a TidemarkError:
   * `retry` when the group cannot be reached, `stop` when the broker refuses for good.
   */
  commit(positions: readonly GroupPosition[]): Promise<'committed' | 'refused'> {
    const committing = this.#lastCommit.then(() => this.#commit(positions));
    this.#lastCommit = committing.catch(() => {});
    return committing;
  }

  /**
   * Where the group is to go on; partitions without a committed offset are absent. Waits for open transactions of the
   * group's members to end (KIP-447). Throws a TidemarkError, as `commit` does.
   */
  committed(partitions: readonly number[]): Promise<Map<number, CommittedPosition>> {
    return fetchStableOffsets(this.#coordinator, this.#settings.topic, partitions, {
      random: this.#random,
      isOver: () => this.#isOver,
    });
  }

  async #commit(positions: readonly GroupPosition[]): Promise<'committed' | 'refused'> {
    const settled = Promise.withResolvers<CommitOutcome>();
    const ticket = ++this.#tickets;
    this.#commits.set(ticket, { positions, settled });
    this.#tell({ kind: 'commit', ticket, partitions: positions.map(({ partition }) => partition) });
    const outcome = await settled.promise;
    if (outcome instanceof TidemarkError) throw outcome;
    return outcome;
  }

  // ------------------------------------------------------------------------------------------------ events and effects

  /** What an effect sets off comes after the effects before it, whoever is called back on the way. */
  #tell(event: GroupEvent): void {
    this.#waiting.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      for (const effect of this.#machine.on(next, performance.now())) this.#guard(effect);
    }
    this.#isBusy = false;
    this.#setTimer();
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const { wakeAtMs } = this.#machine;
    if (wakeAtMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, Math.ceil(wakeAtMs - performance.now()));
    this.#timer = setTimeout(() => this.#tell({ kind: 'tick' }), delayMs);
  }

  /** Whoever is called back must not stop the machine halfway through its effects. */
  #guard(effect: GroupEffect): void {
    try {
      this.#carryOut(effect);
    } catch (fault) {
      this.#events.failed(internalFault(fault));
    }
  }

  #carryOut(effect: GroupEffect): void {
    switch (effect.kind) {
      case 'join':
        this.#join(effect);
        return;
      case 'distribute':
        this.#distribute(effect);
        return;
      case 'sync':
        this.#sync(effect);
        return;
      case 'heartbeat':
        this.#ask(effect.request, 'heartbeat of', this.#coordinator.heartbeat(effect), () => ({
          kind: 'beaten',
          request: effect.request,
        }));
        return;
      case 'leave':
        this.#leave(effect);
        return;
      case 'forgetCoordinator':
        effect.drop ? this.#coordinator.drop() : this.#coordinator.forget();
        return;
      case 'commit':
        this.#sendCommit(effect);
        return;
      case 'commitSettled':
        this.#commits.get(effect.ticket)?.settled.resolve(effect.outcome);
        this.#commits.delete(effect.ticket);
        return;
      case 'assigned':
        this.#events.assigned(effect.partitions, effect.generation);
        return;
      case 'revoking':
        this.#revoke(effect);
        return;
      case 'gone':
        this.#events.gone(effect.partitions, effect.reason);
        return;
      case 'down':
        this.#events.down(effect.cause);
        return;
      case 'up':
        this.#events.up();
        return;
      case 'failed':
        this.#close();
        this.#events.failed(effect.cause);
        return;
      case 'stopped':
        this.#close();
        this.#stopped.resolve();
        return;
      default:
        effect satisfies never;
    }
  }

  /** Passes on what a request came to. */
  #ask<T>(request: number, doing: string, asking: Promise<T>, answered: (answer: T) => GroupEvent): void {
    asking.then(answered).then(
      (event) => this.#tell(event),
      (thrown) => {
        const fault = groupFault(thrown, `${doing} group ${this.#settings.group}`);
        this.#tell({ kind: 'refused', request, fault });
      },
    );
  }

  #join(effect: EffectOf<'join'>): void {
    const { request, claim } = effect;
    const { assignors, topic } = this.#settings;
    const protocols = encodeProtocols(assignors, topic, claim.partitions, claim.generation);
    this.#leader.resign();
    this.#ask(request, 'joining', this.#coordinator.join(effect, protocols), (answer) => {
      if (answer.isLeader && answer.skipAssignment) this.#watch(answer.members);
      return { kind: 'joined', request, answer };
    });
  }

  /** Partitions that cannot be counted now may be more than were shared out: they are counted where they are shared out. */
  #watch(members: readonly JoinedMember[]): void {
    this.#leader.watch(members).catch(() => this.rejoin('the partitions could not be counted'));
  }

  #distribute({ request, protocol, members }: EffectOf<'distribute'>): void {
    const sharing = this.#leader.distribute(protocol, this.#settings.assignors, members);
    this.#ask(request, 'sharing out the partitions of', sharing, (shared) => ({
      kind: 'distributed',
      request,
      ...shared,
    }));
  }

  #sync(effect: EffectOf<'sync'>): void {
    this.#ask(
      effect.request,
      'receiving the assignment of',
      this.#coordinator.sync(effect),
      (assignment) => ({
        kind: 'synced',
        request: effect.request,
        partitions: decodeAssignment(assignment, this.#settings.topic),
      }),
    );
  }

  /** Once more if the coordinator has moved; after that the session ends by itself. */
  #leave(effect: EffectOf<'leave'>): void {
    const leaving = this.#coordinator.leave(effect).catch(() => {
      this.#coordinator.forget();
      return this.#coordinator.leave(effect);
    });
    const left = () => this.#tell({ kind: 'left' });
    leaving.then(left, left);
  }

  #sendCommit({ ticket, ownership, partitions }: EffectOf<'commit'>): void {
    const { topic, group } = this.#settings;
    const positions = this.#commits
      .get(ticket)!
      .positions.filter(({ partition }) => partitions.includes(partition));
    commitOffsets(this.#coordinator, topic, ownership, positions).then(
      () => this.#tell({ kind: 'commitAnswered', ticket }),
      (thrown) => {
        const fault = groupFault(thrown, `committing offsets of group ${group}`);
        this.#tell({ kind: 'commitAnswered', ticket, fault });
      },
    );
  }

  #revoke({ drain, partitions, deadlineMs }: EffectOf<'revoking'>): void {
    const drained = () => this.#tell({ kind: 'drained', drain });
    const epochDeadlineMs = Date.now() + (deadlineMs - performance.now());
    this.#events.revoking(partitions, epochDeadlineMs).then(drained, (fault) => {
      this.#events.failed(asTidemarkError(fault));
      drained();
    });
  }

  /** Nothing is awaited any more; a JoinGroup that still waits at the broker goes with its connection. */
  #close(): void {
    this.#isOver = true;
    this.#leader.close();
    this.#coordinator.drop();
  }
}
