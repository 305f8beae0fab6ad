import { findCoordinatorV4, findCoordinatorV5, findCoordinatorV6 } from '@platformatic/kafka';
import type { BrokerLink } from './brokerLink.ts';
import { KafkaFault } from './fault.ts';
import type { Address } from './opening.ts';

const FIND_COORDINATOR = 10;
const GROUP = 0;
const TIMEOUT_MS = 10_000;
/** Several keys in one request since version 4 (KIP-699), of which we ask one. */
const APIS = [findCoordinatorV4.api, findCoordinatorV5.api, findCoordinatorV6.api] as const;

export interface Coordinator {
  readonly nodeId: number;
  readonly address: Address;
}

/** Throws a KafkaFault; COORDINATOR_NOT_AVAILABLE while the offsets topic is being created or its leader elected. */
export async function askCoordinator(link: BrokerLink, group: string): Promise<Coordinator> {
  const api = APIS[link.version(FIND_COORDINATOR, 4, 6) - 4]!;
  const { coordinators } = await link.api(api, TIMEOUT_MS, GROUP, [group]);
  const found = coordinators.find(({ key }) => key === group);
  if (found === undefined)
    throw new KafkaFault(
      'COORDINATOR_NOT_AVAILABLE',
      `${link.broker} names no coordinator of group ${group}`,
    );
  return { nodeId: found.nodeId, address: { host: found.host, port: found.port } };
}
