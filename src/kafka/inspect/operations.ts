/** What the principal may do, as brokers answer when they are asked to say so (KIP-430). */

/** By their codes in the protocol. */
const OPERATIONS = [
  'Unknown',
  'Any',
  'All',
  'Read',
  'Write',
  'Create',
  'Delete',
  'Alter',
  'Describe',
  'ClusterAction',
  'DescribeConfigs',
  'AlterConfigs',
  'IdempotentWrite',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** What stands there when a broker does not say. */
const NOT_TOLD = -2_147_483_648;

/** @returns undefined when the broker did not say */
export function operationsOf(bits: number): ReadonlySet<Operation> | undefined {
  if (bits === NOT_TOLD) return undefined;
  return new Set(OPERATIONS.filter((_, code) => ((bits >>> code) & 1) === 1));
}
