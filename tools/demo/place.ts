import { join } from 'node:path';
import { givenBy } from '../stack/environment.ts';
import { startStack, statusOf } from '../stack/stack.ts';

/** Where `npm run stack -- up` keeps its state, and the ports it takes. */
const STATE = join(import.meta.dirname, '..', '..', '.stack');
const PORTS = { broker: 9092, registry: 8081 };

/** The cluster and the registry that the demo works on. */
export interface Place {
  /** host:port. */
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  /** What becomes of it when the demo is over, for people. */
  readonly afterwards: string;
  /** Ends what the demo started, except what is to be kept of a demo that finished. */
  close(end: { readonly finished: boolean }): Promise<void>;
}

export interface PlaceOptions {
  /** Whether a stack that the demo starts stays up when the demo finishes. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Takes what the environment names, else the stack that is up, else starts one. */
export async function openPlace({ keep, signal, onProgress }: PlaceOptions): Promise<Place> {
  const given = givenBy(process.env);
  const isGiven = given.brokers !== undefined || given.registryUrl !== undefined;
  const status = await statusOf(STATE);
  if (!isGiven && status.state === 'up' && status.registryUrl !== undefined) {
    return {
      brokers: status.brokers,
      registryUrl: status.registryUrl,
      afterwards: 'The stack was up before and stays up. End it with: npm run stack -- down',
      close: async () => {},
    };
  }
  const stack = await startStack({
    ...(keep ? { stateDir: STATE, outlives: true, ports: PORTS } : { ports: 'free' }),
    given,
    signal,
    onProgress,
  });
  const { brokers, registryUrl } = stack;
  if (stack.wasUp) {
    const afterwards = 'Topics and subjects stay where TIDEMARK_BROKERS and TIDEMARK_REGISTRY_URL point.';
    return { brokers, registryUrl, afterwards, close: async () => {} };
  }
  return {
    brokers,
    registryUrl,
    afterwards: keep
      ? 'The stack stays up. End it with: npm run stack -- down'
      : 'The stack has ended with the demo. To look at the topics: npm run demo -- --keep',
    close: async ({ finished }) => {
      if (!keep || !finished) await stack.stop();
    },
  };
}
