/** Decides which parts a stack has and which ports they listen on. */
import { randomBytes } from 'node:crypto';
import type { Given } from './environment.ts';
import { StackError } from './errors.ts';
import { freePorts, requireFree } from './ports.ts';
import type { Part } from './road.ts';
import type { BrokerPorts, Credentials, StackPlan } from './state.ts';

export interface PlanOptions {
  readonly brokers?: 1 | 3;
  /** `broker` is the first broker's port; the second and third take the next two. */
  readonly ports?: 'free' | { readonly broker: number; readonly registry: number };
  /** Adds a SASL listener (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512) with this one user, and OAUTHBEARER with unsecured tokens. */
  readonly sasl?: Credentials;
  /** Adds a TLS listener with a certificate of its own making. */
  readonly tls?: boolean;
  /** Server properties that the brokers have besides, or instead; null takes one away. */
  readonly properties?: StackPlan['properties'];
  readonly given?: Given;
}

export function partsOf(plan: StackPlan): Part[] {
  const brokers = plan.brokers.map((_, index): Part => `broker-${index + 1}`);
  return plan.registryPort === undefined ? brokers : [...brokers, 'registry'];
}

async function brokerPorts(options: PlanOptions, count: number): Promise<BrokerPorts[]> {
  const perBroker = 4;
  const free = await freePorts(count * perBroker);
  const brokers: BrokerPorts[] = [];
  for (let index = 0; index < count; index++) {
    const [plain, controller, sasl, tls] = free.slice(index * perBroker);
    const wanted = options.ports && options.ports !== 'free' ? options.ports.broker + index : plain!;
    await requireFree(wanted, `broker`, '--port');
    brokers.push({
      plain: wanted,
      controller: controller!,
      ...(options.sasl ? { sasl: sasl! } : {}),
      ...(options.tls ? { tls: tls! } : {}),
    });
  }
  return brokers;
}

async function registryPort(options: PlanOptions): Promise<number> {
  if (options.ports === undefined || options.ports === 'free') return (await freePorts(1))[0]!;
  await requireFree(options.ports.registry, 'registry', '--registry-port');
  return options.ports.registry;
}

/**
 * Plans a stack, on top of what an earlier one kept, if any.
 * @throws StackError when a port is taken, or what was kept does not fit what is asked for.
 */
export async function planStack(
  options: PlanOptions,
  road: StackPlan['road'],
  kept: StackPlan | undefined,
): Promise<StackPlan> {
  if (road === 'docker' && (options.sasl || options.tls || options.properties)) {
    throw new StackError(
      'SASL, TLS and properties of brokers are for the Java road only; stop the Docker engine.',
    );
  }
  const count = options.given?.brokers ? 0 : (options.brokers ?? 1);
  if (kept && kept.brokers.length !== count) {
    throw new StackError(
      `The kept data is that of ${kept.brokers.length} broker(s), not of ${count}; drop it with \`npm run stack -- down\`.`,
    );
  }
  return {
    road,
    mark: kept?.mark ?? `tidemark-${randomBytes(6).toString('hex')}`,
    clusterId: kept?.clusterId ?? newClusterId(),
    brokers: await brokerPorts(options, count),
    registryPort: options.given?.registryUrl ? undefined : await registryPort(options),
    ...(options.sasl ? { sasl: options.sasl } : {}),
    ...(options.properties ? { properties: options.properties } : {}),
  };
}

/** As Kafka makes its own: one that begins with a dash would be an option to its tools. */
function newClusterId(): string {
  const bytes = randomBytes(16);
  bytes[0]! &= 0x7f;
  return bytes.toString('base64url');
}
