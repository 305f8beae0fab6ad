import { gauge } from './declare.ts';

/** What Kafka itself knows of the whole group, and what follows from it. Every member tells the same, a few seconds apart. */
export const group = {
  groupMembers: gauge('group_members', 'Members of the consumer group.'),
  groupLag: gauge(
    'group_lag_records',
    'Offsets between the committed ones and the ends of all partitions, held by whomever.',
  ),
  groupArrivalRate: gauge(
    'group_arrival_rate',
    'Events that arrive in all partitions of the input topic, a second.',
  ),
  replicasWanted: gauge(
    'replicas_wanted',
    'Replicas that the load needs, at most one a partition; GET /scale says why.',
  ),
  replicaServiceRate: gauge(
    'replica_service_rate',
    'Events that one replica can score, a second, as measured.',
  ),
};
