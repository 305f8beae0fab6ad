/** When a part of the stack serves. */
import { Kafka, logLevel } from 'kafkajs';

/** Whether a broker answers at its own address and counts itself in the cluster. */
export async function brokerServes(address: string, nodeId: number): Promise<boolean> {
  const kafka = new Kafka({
    brokers: [address],
    clientId: 'tidemark-stack',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    return cluster.brokers.some((broker) => broker.nodeId === nodeId);
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/** Whether the registry answers as a Confluent-compatible one does. */
export async function registryAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(2_000) });
    return response.ok;
  } catch {
    return false;
  }
}
