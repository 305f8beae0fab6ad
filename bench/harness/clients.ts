/** The Kafka clients that a pipeline's configuration asks for, without the pipeline. */
import type { PipelineConfig } from '../../src/config/pipelineConfig.ts';
import type { TidemarkError } from '../../src/errors.ts';
import { NativeSink } from '../../src/kafka/native/sink.ts';
import type { Block, Sink } from '../../src/pipeline/ports.ts';
import { type Client, newClient } from '../../src/service/client.ts';

const patient = { paused: () => {}, resumed: () => {} };
const quiet = () => {};

/** Connects to nothing yet. */
export function openClient(config: PipelineConfig): Promise<Client> {
  return newClient(config, patient, quiet);
}

/** Writes what is to be scored, uncompressed. */
export function openWriter(brokers: readonly string[]): Sink {
  return new NativeSink({ brokers, clientId: 'bench-writer' }, {}, patient);
}

/** Reads the input topic from its beginning, in a group of its own, until `events` records came. Blocks are on loan to `onBlock`. */
export async function readInput(
  config: PipelineConfig,
  group: string,
  events: number,
  onBlock: (block: Block) => void,
): Promise<void> {
  const { source } = await openClient({ ...config, kafka: { ...config.kafka, group } });
  let failure: TidemarkError | undefined;
  const fail = (cause: TidemarkError) => {
    failure = cause;
    void source.stop();
  };
  await source.start({
    granted: () => {},
    begins: () => {},
    ending: async () => {},
    gone: () => {},
    paused: () => {},
    resumed: () => {},
    stopped: (_lease, cause) => fail(cause),
    failed: fail,
  });
  for (let read = 0; read < events; ) {
    const block = await source.next();
    if (block === undefined) throw failure ?? new Error('the source stopped');
    read += block.count;
    onBlock(block);
    source.release(block);
  }
  await source.stop();
}
