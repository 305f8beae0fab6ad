/** A Kafka or a registry that somebody else runs, named in the environment. */
export interface Given {
  readonly brokers?: readonly string[];
  readonly registryUrl?: string;
}

/** Reads TIDEMARK_BROKERS (host:port, comma-separated) and TIDEMARK_REGISTRY_URL; either may be given alone. */
export function givenBy(env: NodeJS.ProcessEnv): Given {
  const brokers = (env.TIDEMARK_BROKERS ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  const registryUrl = env.TIDEMARK_REGISTRY_URL?.trim().replace(/\/+$/, '');
  return { ...(brokers.length > 0 ? { brokers } : {}), ...(registryUrl ? { registryUrl } : {}) };
}
