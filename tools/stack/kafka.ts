/** How a broker of the local stack is configured. */
import { LOOPBACK } from './ports.ts';
import type { BrokerPorts, StackPlan } from './state.ts';

export const KEYSTORE_PASSWORD = 'tidemark-local';
export const SCRAM_MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

interface Listener {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

function listenersOf(ports: BrokerPorts): Listener[] {
  return [
    { name: 'PLAIN', protocol: 'PLAINTEXT', port: ports.plain },
    ...(ports.sasl ? [{ name: 'SASL', protocol: 'SASL_PLAINTEXT', port: ports.sasl }] : []),
    ...(ports.tls ? [{ name: 'TLS', protocol: 'SSL', port: ports.tls }] : []),
  ];
}

function saslProperties(plan: StackPlan): Record<string, string | number> {
  if (!plan.sasl) return {};
  const { username, password } = plan.sasl;
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`;
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return {
    'listener.name.sasl.sasl.enabled.mechanisms': ['PLAIN', ...SCRAM_MECHANISMS, 'OAUTHBEARER'].join(','),
    'listener.name.sasl.plain.sasl.jaas.config': plain,
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': scram,
    // Without a validator of its own, Kafka takes unsigned tokens: whoever has one may say who he is.
    'listener.name.sasl.oauthbearer.sasl.jaas.config':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
    // Lets a test forbid something to the SASL user by an ACL that it makes through the plain listener.
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'true',
    'super.users': 'User:ANONYMOUS',
  };
}

function tlsProperties(ports: BrokerPorts, keystore: string): Record<string, string | number> {
  if (!ports.tls) return {};
  return {
    'listener.name.tls.ssl.keystore.type': 'PKCS12',
    'listener.name.tls.ssl.keystore.location': keystore,
    'listener.name.tls.ssl.keystore.password': KEYSTORE_PASSWORD,
  };
}

/** server.properties of broker `index` (from 0): broker and controller in one process. */
export function serverProperties(
  plan: StackPlan,
  index: number,
  folders: { data: string; keystore: string },
): string {
  const ports = plan.brokers[index]!;
  const listeners = listenersOf(ports);
  const voters = plan.brokers.map((broker, at) => `${at + 1}@${LOOPBACK}:${broker.controller}`);
  const replicas = plan.brokers.length;
  const enoughReplicas = Math.min(2, replicas);
  const properties: Record<string, string | number | null> = {
    'process.roles': 'broker,controller',
    'node.id': index + 1,
    'controller.quorum.voters': voters.join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, { name: 'CONTROLLER', port: ports.controller }]
      .map((listener) => `${listener.name}://${LOOPBACK}:${listener.port}`)
      .join(','),
    'advertised.listeners': listeners
      .map((listener) => `${listener.name}://localhost:${listener.port}`)
      .join(','),
    'listener.security.protocol.map': [...listeners, { name: 'CONTROLLER', protocol: 'PLAINTEXT' }]
      .map((listener) => `${listener.name}:${listener.protocol}`)
      .join(','),
    'inter.broker.listener.name': 'PLAIN',
    'log.dirs': folders.data,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': enoughReplicas,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': enoughReplicas,
    'transaction.state.log.num.partitions': 3,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': enoughReplicas,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Tests of lost members need not wait the six seconds that Kafka asks for at least.
    'group.min.session.timeout.ms': 1000,
    // Nothing that a test or a demo wrote disappears under it, however old its timestamps.
    'log.retention.ms': -1,
    'log.retention.bytes': -1,
    // A topic that asks for retention of its own, as the soak of the benchmark does, has it without the default's five minutes.
    'log.retention.check.interval.ms': 10_000,
    'offsets.retention.minutes': 525_600,
    // Small indexes: the default maps 20 MB a partition.
    'log.index.size.max.bytes': 1_048_576,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    ...saslProperties(plan),
    ...tlsProperties(ports, folders.keystore),
    ...plan.properties,
  };
  return Object.entries(properties)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
