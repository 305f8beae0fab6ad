import { describeConfigsV4 } from '@platformatic/kafka';
import { asTidemarkError } from '../../errors.ts';
import type { BrokerLink } from '../native/cluster/brokerLink.ts';
import { faultOfCode } from '../native/cluster/fault.ts';
import { wholeAnswer } from '../native/cluster/wholeAnswer.ts';
import type { AnyBroker, ClusterInspector } from './inspector.ts';

const TIMEOUT_MS = 10_000;
const TOPIC = 2;
const BROKER = 4;

/** Values by key; keys that the broker does not know are absent. */
export type Configs = ReadonlyMap<string, string>;

/**
 * As they hold: a topic's own, else the brokers'. Undefined where they may not be read: that needs DescribeConfigs on the topic, a
 * right that a pipeline does not need. Throws a TidemarkError.
 */
export function topicConfigs(
  cluster: AnyBroker,
  topic: string,
  keys: readonly string[],
): Promise<Configs | undefined> {
  const doing = `reading the configuration of topic ${topic}`;
  return unlessDenied(cluster.any(doing, (link) => ask(link, TOPIC, topic, keys)));
}

/** Undefined where they may not be read, as is usual: that needs DescribeConfigs on the cluster. Throws a TidemarkError. */
export function brokerConfigs(
  cluster: ClusterInspector,
  nodeId: number,
  keys: readonly string[],
): Promise<Configs | undefined> {
  const doing = `reading the configuration of broker ${nodeId}`;
  return unlessDenied(cluster.at(nodeId, doing, (link) => ask(link, BROKER, String(nodeId), keys)));
}

async function unlessDenied(configs: Promise<Configs>): Promise<Configs | undefined> {
  try {
    return await configs;
  } catch (cause) {
    if (asTidemarkError(cause).code === 'E-KAFKA-ACL') return undefined;
    throw cause;
  }
}

async function ask(
  link: BrokerLink,
  resourceType: typeof TOPIC | typeof BROKER,
  resourceName: string,
  keys: readonly string[],
): Promise<Configs> {
  const resources = [{ resourceType, resourceName, configurationKeys: [...keys] }];
  const { results } = await wholeAnswer(link.api(describeConfigsV4.api, TIMEOUT_MS, resources, false, false));
  const [result] = results;
  if (result === undefined || result.errorCode !== 0)
    throw faultOfCode(result?.errorCode ?? -1, link.broker, result?.errorMessage);
  return new Map(
    result.configs.flatMap(({ name, value }) => (typeof value !== 'string' ? [] : [[name, value] as const])),
  );
}
