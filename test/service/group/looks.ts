/** Looks at a group that was never there, for what follows from looks. */
import type {
  GroupLook,
  GroupState,
  MemberLook,
  PartitionLook,
} from '../../../src/kafka/inspect/groupLook.ts';

export interface PartitionSays extends Partial<Omit<PartitionLook, 'partition'>> {
  /** Index of the member that has it; none when absent. */
  readonly owner?: number;
}

/** Partitions by number; low 0 and leader 1 where nothing else is said. */
export function lookAt(
  partitions: readonly PartitionSays[],
  { members = 1, state = 'stable' as GroupState }: { members?: number; state?: GroupState } = {},
): GroupLook {
  return {
    group: 'scorers',
    topic: 'payments',
    state,
    assignor: 'cooperative-sticky',
    members: Array.from(
      { length: members },
      (_, at): MemberLook => ({
        memberId: `scorer-${at}`,
        clientId: 'scorer',
        host: '10.0.0.1',
        partitions: partitions.flatMap(({ owner }, partition) => (owner === at ? [partition] : [])),
      }),
    ),
    partitions: partitions.map(({ owner, ...says }, partition) => ({
      partition,
      leader: 1,
      low: 0,
      ...says,
    })),
  };
}
