import { after } from 'node:test';
import { type Stack, type StackOptions, startStack } from '../../tools/stack/stack.ts';

/**
 * Starts a stack for this test file alone, which may break it. From here on it is the one that `sharedStack` finds, so that
 * everything else in test/support works on it. Call it before anything else and outside of tests.
 */
export async function ownStack(
  options: Pick<StackOptions, 'brokers' | 'sasl' | 'tls' | 'properties'> = {},
): Promise<Stack> {
  const stack = await startStack({ ports: 'free', ...options });
  after(() => stack.stop());
  process.env.TIDEMARK_BROKERS = stack.brokers.join(',');
  process.env.TIDEMARK_REGISTRY_URL = stack.registryUrl;
  return stack;
}

/** For a stack whose tests ask no registry: a registry that is given is not started. */
export const brokersAlone = { registryUrl: 'http://localhost:1' };
