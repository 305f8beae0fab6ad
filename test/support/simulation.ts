/**
 * The pipeline in a world made from a seed: virtual time, a broker that remembers, and faults. One seed is one story, told
 * the same way every time.
 */
import { Pipeline, type PipelinePlan } from '../../src/pipeline/pipeline.ts';
import { makeInputs, SimulatedBroker } from './simulationBroker.ts';
import { type ProcessClock, SimulatedClock } from './simulationClock.ts';
import { SimulatedReaders, simulatedScorer, simulatedWriter } from './simulationEvents.ts';
import { makePlan } from './simulationPlan.ts';
import { SeededRandom } from './simulationRandom.ts';
import { SimulatedSink } from './simulationSink.ts';
import { SimulatedSource } from './simulationSource.ts';
import { SimulatedTelemetry } from './simulationTelemetry.ts';
import { judgeTraces, SimulatedTracer, simulatedTracing } from './simulationTraces.ts';

/** Faults happen until then, virtual milliseconds. */
const FAULTS_MS = 1500;
const LIMIT_MS = 600_000;

const FAULTS = ['rebalance', 'lose', 'crash', 'drain', 'source-down', 'pause', 'skip'] as const;
type Fault = (typeof FAULTS)[number];

interface Process {
  readonly clock: ProcessClock;
  readonly source: SimulatedSource;
  readonly sink: SimulatedSink;
  readonly tracer: SimulatedTracer;
  readonly pipeline: Pipeline;
  state: 'running' | 'draining' | 'ended';
}

/** What happened, for the test to see that the seeds reach what they are meant to reach. */
export interface Story {
  readonly telemetry: SimulatedTelemetry;
  readonly faults: Fault[];
  readonly violations: readonly string[];
  /** The most blocks of one lease, and the most sends, that were out at a time. */
  readonly mostBlocks: number;
  readonly mostSends: number;
  /** How traced events ended. */
  readonly traced: ReadonlySet<string>;
  /** Partitions that were moved. */
  readonly skips: number;
}

export async function simulate(seed: number): Promise<Story> {
  return new World(seed).play();
}

class World {
  readonly #random: SeededRandom;
  readonly #clock: SimulatedClock;
  readonly #broker: SimulatedBroker;
  readonly #telemetry = new SimulatedTelemetry();
  readonly #plan: PipelinePlan;
  /** Which faults this story knows, so that some stories have only one kind, or none. */
  readonly #possible: readonly Fault[];
  readonly #faults: Fault[] = [];
  readonly #traced = new Set<string>();
  /** Of its own, so that a story is the same with traces and without. */
  readonly #traceRandom: SeededRandom;
  readonly #slowMs: number;
  readonly #commitPercent: number;
  readonly #downPercent: number;
  readonly #maxOut: number;
  #skips = 0;
  #calm = false;
  #process: Process;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.#random = random;
    this.#traceRandom = new SeededRandom(~seed);
    this.#clock = new SimulatedClock(random);
    const inputs = makeInputs(random, random.between(1, 4), random.pick([5, 60, 200]));
    this.#broker = new SimulatedBroker(inputs, inputs.length + random.between(0, 2));
    this.#possible = FAULTS.filter(() => random.chance(40));
    this.#slowMs = random.pick([0, 5, 60]);
    this.#commitPercent = random.pick([0, 0, 30]);
    this.#downPercent = random.pick([0, 0, 5]);
    this.#maxOut = random.pick([1, 2, 6]);
    this.#plan = makePlan(random, this.#broker.outputPartitions);
    this.#process = this.#begin();
  }

  async play(): Promise<Story> {
    this.#scheduleFault();
    this.#clock.timer(FAULTS_MS, () => {
      this.#calm = true;
    });
    const broken = () => this.#broker.violations.length > 0;
    const read = () => this.#calm && this.#broker.isDone && this.#process.state === 'running';
    await this.#clock.runUntil(() => broken() || read(), LIMIT_MS, 'everything read and committed');
    if (!broken()) {
      this.#judgeStandings();
      this.#drain();
      const ended = () => this.#process.state === 'ended';
      await this.#clock.runUntil(() => broken() || ended(), LIMIT_MS, 'the last drain');
      this.#broker.judgeWhole();
      if (this.#process.source.unreleasedBlocks > 0) this.#broker.violated('P4: a block was never released');
    }
    this.#process.clock.kill();
    const { mostBlocks, mostSends, violations } = this.#broker;
    const [telemetry, faults, traced] = [this.#telemetry, this.#faults, this.#traced];
    return { telemetry, faults, traced, violations, mostBlocks, mostSends, skips: this.#skips };
  }

  /** All was read: nothing is in hand, and every partition is done up to its end. */
  #judgeStandings(): void {
    for (const standing of this.#telemetry.standings()) {
      const { partition, oldestMs, beginOffset, settledOffset } = standing;
      const { endOffset } = this.#broker.inputs[partition];
      const done = Math.max(beginOffset, settledOffset);
      if (oldestMs !== undefined || done !== endOffset)
        this.#broker.violated(
          `partition ${partition} with end ${endOffset} stands at ${JSON.stringify(standing)}`,
        );
    }
  }

  #begin(): Process {
    const random = this.#random;
    const clock = this.#clock.process();
    const wait = (upToMs: number) =>
      new Promise<void>((resolve) => clock.timer(random.between(0, upToMs), resolve));
    const source = new SimulatedSource(this.#broker, random, clock, {
      maxInFlightBytes: this.#plan.maxInFlightBytes,
      commitPercent: this.#commitPercent,
      slowMs: this.#slowMs,
      maxOut: this.#maxOut,
    });
    const sink = new SimulatedSink(this.#broker, random, clock, {
      slowMs: this.#slowMs,
      downPercent: this.#downPercent,
      down: () => pipeline.dependencyDown('sink'),
      up: () => pipeline.dependencyUp('sink'),
    });
    let waiting = 0;
    const readers = new SimulatedReaders(async () => {
      if (random.chance(30)) {
        waiting++;
        pipeline.dependencyDown('registry');
        await wait(20_000);
        // There is one registry: it is up when nobody waits for it any more.
        if (--waiting === 0) pipeline.dependencyUp('registry');
      } else if (random.chance(80)) await wait(50);
    });
    const scorer = simulatedScorer(async () => {
      if (random.chance(50)) await wait(this.#slowMs);
    });
    const telemetry = this.#telemetry;
    const tracer = new SimulatedTracer();
    const pipeline = new Pipeline(this.#plan, {
      source,
      sink,
      readers,
      scorer,
      writer: simulatedWriter,
      telemetry,
      clock,
      tracing: simulatedTracing(tracer, this.#traceRandom),
    });
    const process: Process = { clock, source, sink, tracer, pipeline, state: 'running' };
    pipeline.run().then(
      () => this.#ended(process),
      (cause) => this.#broker.violated(`the process ended with ${cause.code}: ${cause.stack}`),
    );
    return process;
  }

  #ended(process: Process): void {
    if (process.state !== 'draining') this.#broker.violated('the process ended by itself');
    if (process.sink.isSending) this.#broker.violated('drained while a send was on its way');
    if (process.sink.unreleased > 0) this.#broker.violated('a record buffer was never released');
    process.source.judgeDrained();
    for (const kind of judgeTraces(process.tracer, this.#broker)) this.#traced.add(kind);
    process.state = 'ended';
    process.source.stop().catch((cause) => this.#broker.violated(`stop: ${cause}`));
  }

  #drain(): void {
    this.#process.state = 'draining';
    this.#process.pipeline.drain();
    if (this.#random.chance(20)) this.#process.pipeline.drain();
  }

  // --------------------------------------------------------------------------------------------------------- Faults

  #scheduleFault(): void {
    if (this.#possible.length === 0) return;
    this.#clock.timer(this.#random.between(1, 300), () => {
      if (this.#calm) return;
      const fault = this.#random.pick(this.#possible);
      this.#faults.push(fault);
      this.#strike(fault);
      this.#scheduleFault();
    });
  }

  #strike(fault: Fault): void {
    const process = this.#process;
    switch (fault) {
      case 'rebalance':
        this.#rebalance(process);
        return;
      case 'lose': {
        const lost = this.#somePartitions(process);
        process.source.lose(lost, 'lost');
        this.#grantLater(process, lost);
        return;
      }
      case 'crash':
        process.clock.kill();
        this.#process = this.#begin();
        return;
      case 'drain':
        if (process.state !== 'running') return;
        this.#drain();
        this.#restartOnceEnded(process);
        return;
      case 'source-down':
        process.pipeline.dependencyDown('source');
        process.clock.timer(this.#random.between(1, 5000), () => process.pipeline.dependencyUp('source'));
        return;
      case 'pause':
        this.#pause(process);
        return;
      case 'skip':
        this.#skip(process);
        return;
      default:
        fault satisfies never;
    }
  }

  /** Two who pause and one who resumes: the last word counts. */
  #pause({ pipeline, source, clock }: Process): void {
    pipeline.pause();
    source.paused = true;
    clock.timer(this.#random.between(1, 2000), () => {
      source.paused = false;
      pipeline.resume();
    });
  }

  /** Now and then twice at a time. */
  #skip({ pipeline, source }: Process): void {
    const [partition] = source.partitions;
    if (partition === undefined) return;
    for (let left = this.#random.between(1, 2); left > 0; left--) {
      pipeline.seek(partition, { skip: this.#random.between(1, 20) }).then(
        (result) => {
          if (result?.kind === 'moved') this.#skips++;
        },
        (cause) => this.#broker.violated(`seek: ${cause}`),
      );
    }
  }

  #rebalance(process: Process): void {
    const partitions = this.#somePartitions(process);
    process.source.end(partitions, this.#random.pick([0, 5, 2000])).then(
      () => this.#grantLater(process, partitions),
      (cause) => this.#broker.violated(`ending: ${cause}`),
    );
  }

  #grantLater(process: Process, partitions: readonly number[]): void {
    process.clock.timer(this.#random.between(1, 100), () => {
      if (process.state === 'ended') return;
      for (const partition of partitions) {
        if (this.#random.chance(30)) this.#broker.scoreElsewhere(partition, this.#random.between(1, 20));
      }
      process.source.grant(partitions);
    });
  }

  #somePartitions(process: Process): number[] {
    const held = process.source.partitions;
    return this.#random.chance(50) ? held : held.filter(() => this.#random.chance(50));
  }

  #restartOnceEnded(process: Process): void {
    this.#clock.timer(20, () => {
      // Crashed while it drained: then the next process is there already.
      if (this.#process !== process) return;
      if (process.state === 'ended') this.#process = this.#begin();
      else this.#restartOnceEnded(process);
    });
  }
}
