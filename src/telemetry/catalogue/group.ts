import { gauge } from './declare.ts';

/** What Kafka itself knows of the whole group, and what follows from it. Every member tells the same, a few seconds apart. */
export const group = {
  groupMembers: gauge('group_members', 'Members of the consumer group.'),
  groupLag: gauge(
    'group_lag_records',
    'Offsets between committed and end, over all partitions of the group.',
  ),
  groupArrivalRate: gauge('group_arrival_rate', 'Events a second that come into the input topic.'),
  replicasWanted: gauge('replicas_wanted', 'Replicas that would be enough now; never more than partitions.'),
  replicaServiceRate: gauge('replica_service_rate', 'Events a second that one replica can score.'),
};
