import { counter, gauge } from './declare.ts';

const partition = 'the number of a held partition';

/** What is known of the partitions that are held. They are another member's to tell once they are given up. */
export const partitions = {
  lagRecords: gauge(
    'partition_lag_records',
    'Offsets between the committed one and the end of the partition.',
    { partition },
  ),
  lagSeconds: gauge(
    'partition_lag_seconds',
    'Age of the oldest record without an outcome, 0 when there is none; while it is not fetched, how long ago all before it was done.',
    { partition },
  ),
  committedOffset: gauge('committed_offset', 'The next offset to read, as last committed.', { partition }),
  endOffset: gauge('end_offset', 'The end of the partition, as last heard of.', { partition }),
  commitsRefused: counter('commit_refused_total', 'Commits the group refused; their records are read again.'),
  leases: gauge('leases', 'Partitions held.'),
  generation: gauge('generation', 'Generation of the group in which the last leases were granted.'),
  stopped: gauge('partition_stopped', '1 for a partition that is held but read no further, by code.', {
    partition,
    code: 'a code of errors.md',
  }),
};
