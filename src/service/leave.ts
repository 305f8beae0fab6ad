import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { TidemarkError } from '../errors.ts';
import { Cluster } from '../kafka/native/cluster/cluster.ts';
import { type LeaveOutcome, leaveGroup } from '../kafka/native/group/leave.ts';
import { kafkaConnection } from './connections.ts';

export interface Leaving {
  readonly group: string;
  readonly instanceId: string;
  readonly outcome: LeaveOutcome;
}

/**
 * Takes the static member that the configuration names out of its group, at once. A process that still runs as this member is
 * not asked. Throws a TidemarkError: E-CONFIG without `kafka.instance_id`, E-KAFKA-UNREACHABLE when no broker answers.
 */
export async function leaveAsConfigured(config: PipelineConfig): Promise<Leaving> {
  const { group, instanceId } = config.kafka;
  if (instanceId === undefined)
    throw new TidemarkError(
      'E-CONFIG',
      'kafka.instance_id is not set: only a static member stays in its group when it stops, and has to be taken out',
    );
  // Static membership is the native client's, whichever of the two the configuration names.
  const cluster = new Cluster(kafkaConnection(config));
  try {
    const outcome = await leaveGroup(cluster, group, instanceId, 'tidemark leave');
    return { group, instanceId, outcome };
  } finally {
    await cluster.close();
  }
}
