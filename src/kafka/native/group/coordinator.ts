import {
  heartbeatV3,
  heartbeatV4,
  joinGroupV5,
  joinGroupV6,
  joinGroupV7,
  joinGroupV8,
  joinGroupV9,
  syncGroupV3,
  syncGroupV4,
  syncGroupV5,
} from '@platformatic/kafka';
import type { BrokerLink } from '../cluster/brokerLink.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Protocol } from './assignment.ts';
import { askToLeave } from './leaveRequest.ts';
import type { EffectOf, JoinAnswer } from './machineTypes.ts';
import type { GroupSettings } from './membership.ts';

/** What all consumers of a group call their kind of group; Kafka Connect's is another. */
const PROTOCOL_TYPE = 'consumer';

const JOIN_GROUP = 11;
const HEARTBEAT = 12;
const SYNC_GROUP = 14;
/** From the versions on that know static members (KIP-345). */
const JOINS = [joinGroupV5.api, joinGroupV6.api, joinGroupV7.api, joinGroupV8.api, joinGroupV9.api];
const HEARTBEATS = [heartbeatV3.api, heartbeatV4.api];
const SYNCS = [syncGroupV3.api, syncGroupV4.api, syncGroupV5.api];

/** Beyond the rebalance timeout, within which the broker answers JoinGroup and SyncGroup. */
const ANSWER_SLACK_MS = 5_000;
const LEAVE_TIMEOUT_MS = 3_000;

/**
 * The broker that coordinates the group, wherever it is. Every call throws a KafkaFault and retries nothing.
 *
 * JoinGroup and SyncGroup wait at the broker, which serves one request at a time per connection. They have the group
 * connection; commits have one of their own, which is idle while no offsets may be sent: just when heartbeats must not
 * wait behind a JoinGroup, and can go there.
 */
export class GroupCoordinator {
  readonly #cluster: Cluster;
  readonly #settings: GroupSettings;
  readonly #links = new Set<BrokerLink>();
  #node: Promise<number> | undefined;

  constructor(cluster: Cluster, settings: GroupSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
  }

  get group(): string {
    return this.#settings.group;
  }

  /** Looks for the coordinator anew at the next call. */
  forget(): void {
    this.#node = undefined;
  }

  /** Gives up what is under way; it throws. */
  drop(): void {
    this.forget();
    for (const link of this.#links) link.destroy();
    this.#links.clear();
  }

  async join(effect: EffectOf<'join'>, protocols: readonly Protocol[]): Promise<JoinAnswer> {
    const { group, sessionTimeoutMs, rebalanceTimeoutMs, instanceId = null } = this.#settings;
    const link = await this.link('group');
    const api = JOINS[link.version(JOIN_GROUP, 5, 9) - 5];
    const answer = await link.api(
      api,
      rebalanceTimeoutMs + ANSWER_SLACK_MS,
      group,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      effect.memberId,
      instanceId,
      PROTOCOL_TYPE,
      [...protocols],
      effect.reason,
    );
    return {
      memberId: answer.memberId,
      generation: answer.generationId,
      protocol: answer.protocolName ?? '',
      isLeader: answer.leader === answer.memberId,
      skipAssignment: answer.skipAssignment === true,
      members: answer.members,
    };
  }

  /** @returns the assignment, still encoded. */
  async sync(effect: EffectOf<'sync'>): Promise<Buffer> {
    const { group, rebalanceTimeoutMs, instanceId = null } = this.#settings;
    const link = await this.link('group');
    const api = SYNCS[link.version(SYNC_GROUP, 3, 5) - 3];
    const { assignment } = await link.api(
      api,
      rebalanceTimeoutMs + ANSWER_SLACK_MS,
      group,
      effect.generation,
      effect.memberId,
      instanceId,
      PROTOCOL_TYPE,
      effect.protocol,
      [...effect.assignments],
    );
    return assignment;
  }

  async heartbeat({ memberId, generation, beside }: EffectOf<'heartbeat'>): Promise<void> {
    const { group, sessionTimeoutMs, instanceId = null } = this.#settings;
    const link = await this.link(beside ? 'commit' : 'group');
    const api = HEARTBEATS[link.version(HEARTBEAT, 3, 4) - 3];
    // Several fit into a session, each on a new connection.
    await link.api(api, Math.max(500, sessionTimeoutMs / 4), group, generation, memberId, instanceId);
  }

  async leave({ memberId, reason }: EffectOf<'leave'>): Promise<void> {
    const link = await this.link('commit');
    await askToLeave(link, this.group, { memberId, groupInstanceId: null, reason }, LEAVE_TIMEOUT_MS);
  }

  async link(purpose: 'group' | 'commit'): Promise<BrokerLink> {
    this.#node ??= this.#cluster.findCoordinator(this.group);
    const finding = this.#node;
    try {
      const link = await this.#cluster.link(await finding, purpose);
      for (const known of this.#links) if (known.closed) this.#links.delete(known);
      this.#links.add(link);
      return link;
    } catch (thrown) {
      if (this.#node === finding) this.#node = undefined;
      throw thrown;
    }
  }
}
