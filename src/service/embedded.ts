import type { Pipeline, PipelineHealth, PipelineSummary } from './embedding.ts';
import type { Service } from './service.ts';

type Life = Pick<Service, 'run' | 'stop' | 'ready' | 'endReached' | 'health' | 'metrics'>;

/** A service, started and stopped by whoever it lives with. */
export class EmbeddedPipeline implements Pipeline {
  readonly #service: Life;
  readonly #end = Promise.withResolvers<PipelineSummary>();
  #started: Promise<void> | undefined;
  #ended = false;

  constructor(service: Life) {
    this.#service = service;
  }

  get done(): Promise<PipelineSummary> {
    return this.#end.promise;
  }

  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const run = this.#run();
    run.then(this.#end.resolve, this.#end.reject);
    try {
      await Promise.race([this.#service.ready, run]);
    } catch (cause) {
      // Whoever started it hears of it here.
      this.done.catch(() => {});
      throw cause;
    }
  }

  async #run(): Promise<PipelineSummary> {
    try {
      const share = await this.#service.run();
      return { ...share, endReached: this.#service.endReached };
    } finally {
      this.#ended = true;
    }
  }

  stop(): Promise<PipelineSummary> {
    this.#service.stop();
    // One that never began ends at once, by the same road. A start that fails now is told by `done`.
    this.start().catch(() => {});
    return this.done;
  }

  health(): PipelineHealth {
    return this.#service.health();
  }

  metrics(): Promise<string> {
    return this.#service.metrics();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) await this.stop();
  }
}
