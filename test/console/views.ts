/** What the parts of others would give: a group of two, with room to spare or with partition 4 stuck. */
import type { AuditRecordView } from '../../src/http/api/control.ts';
import type { GroupView, ScaleView } from '../../src/http/api/group.ts';
import { PARTITIONS } from './flow.ts';

export function groupView(stuck: boolean): GroupView {
  const members = ['scorer-a', 'scorer-b'].map((clientId, at) => ({
    memberId: `${clientId}-1b2c3d4e`,
    instanceId: null,
    clientId,
    host: `/10.0.0.${7 + at}`,
    partitions: at === 0 ? PARTITIONS : [6, 7, 8, 9, 10, 11],
    lag: 260,
    arrivalPerSecond: 702.5,
    progressPerSecond: 699.8,
  }));
  return {
    group: 'card-fraud-scorer',
    topic: 'transactions',
    state: 'stable',
    assignor: 'cooperative-sticky',
    lookedAtMs: Date.now() - 4_000,
    fault: null,
    members,
    partitions: Array.from({ length: 12 }, (_, partition) => ({
      partition,
      state: stuck && partition === 4 ? ('stuck' as const) : ('keeping-up' as const),
      leader: partition % 3,
      lag: stuck && partition === 4 ? 35_000 : 43,
      lagSeconds: stuck && partition === 4 ? 300 : 0.2,
      lagSecondsIsLeast: stuck && partition === 4,
      arrivalPerSecond: 117.4,
      progressPerSecond: stuck && partition === 4 ? 0 : 117.1,
      stillSeconds: stuck && partition === 4 ? 300 : 0,
      committed: 1_140_000,
      end: 1_140_043,
      openTransaction: false,
      owner: members[partition < 6 ? 0 : 1]!.memberId,
      stopped: null,
    })),
    lag: stuck ? 35_500 : 520,
    arrivalPerSecond: 1405,
    progressPerSecond: 1399,
    drainSeconds: stuck ? null : 0.4,
  };
}

export function scaleView(stuck: boolean): ScaleView {
  return {
    replicas: 2,
    wanted: 2,
    reason: '1,405 events/s arrive and one replica scores 4,210; two serve with room to spare.',
    because: {
      partitions: 12,
      serviceRate: 4210,
      arrivalPerSecond: 1405,
      lag: 520,
      drainInSeconds: 300,
      neededPerSecond: 1407,
    },
    stuck: stuck
      ? [
          {
            partition: 4,
            lag: 35_000,
            what: 'its owner scorer-a commits others and not this one',
            todo: 'Look at its next record: tidemark sample --partition 4.',
          },
        ]
      : [],
    hot: [],
  };
}

export function auditRecords(): AuditRecordView[] {
  const replica = { host: 'scorer-7f9c', pid: 4121 };
  const atMs = Date.now() - 3_600_000;
  const id = '0b54c4fe-16f2-4a32-8d6a-8d1b94a1f7d2';
  return [
    {
      kind: 'requested',
      atMs,
      command: {
        id,
        command: 'skip',
        by: 'ana@ops',
        why: 'a record of a broken producer',
        partition: 4,
        to: { skip: 1 },
      },
    },
    {
      kind: 'answered',
      id,
      atMs: atMs + 800,
      command: 'skip',
      replica,
      applied: true,
      result: 'partition 4: 1204 → 1205',
    },
  ];
}
