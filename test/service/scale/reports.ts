/** Reports of groups that were never there, for advice on them. */
import type { GroupReport, PartitionReport } from '../../../src/service/group/report.ts';

export type PartitionSays = Partial<Omit<PartitionReport, 'partition' | 'owner'>> & {
  readonly owner?: number;
};

/** Partitions by number; each keeps up and has a member unless it says otherwise. */
export function reportOf(says: readonly PartitionSays[], members = 1): GroupReport {
  const partitions = says.map(
    ({ owner, ...facts }, partition): PartitionReport => ({
      partition,
      state: 'keeping-up',
      leader: 1,
      low: 0,
      end: 0,
      committed: 0,
      lag: 0,
      lagSeconds: 0,
      lagSecondsIsLeast: false,
      arrivalPerSecond: 0,
      progressPerSecond: 0,
      stillSeconds: 0,
      openTransaction: false,
      stopped: null,
      owner: members === 0 ? null : `scorer-${owner ?? partition % members}`,
      ...facts,
    }),
  );
  const sum = (of: (partition: PartitionReport) => number | null, among = partitions) =>
    among.reduce((total, partition) => total + (of(partition) ?? 0), 0);
  const totals = (among: readonly PartitionReport[]) => ({
    lag: sum(({ lag }) => lag, [...among]),
    arrivalPerSecond: sum(({ arrivalPerSecond }) => arrivalPerSecond, [...among]),
    progressPerSecond: sum(({ progressPerSecond }) => progressPerSecond, [...among]),
  });
  return {
    group: 'scorers',
    topic: 'payments',
    state: members === 0 ? 'empty' : 'stable',
    assignor: 'cooperative-sticky',
    lookedAtMs: 0,
    fault: null,
    windowSeconds: 30,
    members: Array.from({ length: members }, (_, at) => {
      const own = partitions.filter(({ owner }) => owner === `scorer-${at}`);
      return {
        memberId: `scorer-${at}`,
        instanceId: null,
        clientId: 'scorer',
        host: `10.0.0.${at}`,
        partitions: own.map(({ partition }) => partition),
        ...totals(own),
      };
    }),
    partitions,
    ...totals(partitions),
    drainSeconds: null,
  };
}
