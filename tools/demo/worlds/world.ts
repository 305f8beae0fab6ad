/**
 * What a pipeline of the demo scores: a simulated world that emits events for ever. One file beside this one per pipeline
 * implements it; the rest of the demo (emitting, running replicas, the view, the end) knows a world by this interface only.
 */
export interface World {
  /** config/<name>.yaml is its pipeline, models/<name>/<version> are its models. */
  readonly name: string;
  /** One event, for people: transaction, session. */
  readonly noun: string;
  /** What the pipeline can decide (or the classes it can choose), in the order in which they are shown. */
  readonly decisions: readonly Decision[];
  /** Text of the Avro schema that events are written with. */
  readonly eventSchema: string;
  /** Text of the Avro schema that labels are written with. */
  readonly labelSchema: string;
  /** How long after an event its label is known, in simulated time. */
  readonly labelDelayMs: number;
  /** Makes the world up to its first event, which may take seconds. */
  open(opening: Opening): Promise<WorldStream>;
  /** Reads a scored event, decoded by the schema of the output topic. */
  readScored(value: Readonly<Record<string, unknown>>): ScoredEvent;
  /** Starts the comparison of what a version of the model says with what turned out to be true. */
  judge(model: { readonly version: string }): Judge;
}

export interface Decision {
  /** As in the scored event. */
  readonly name: string;
  /** Which colour it has in a terminal. */
  readonly tone: 'alarm' | 'notice' | 'calm';
}

export interface Opening {
  /** The same seed gives the same events. */
  readonly seed: number;
  /** To be heeded while the world is being made: throw its reason. */
  readonly signal: AbortSignal;
  /** Told every few hundred milliseconds how far the making is, as a phrase: `history up to 2018-06-14`. */
  readonly onProgress: (phrase: string) => void;
}

export interface WorldStream {
  /** Labels that are known before the first event, in the shape of `labelSchema`. */
  readonly known: readonly Label[];
  /** Endless, in the order of simulated time. */
  readonly events: Iterator<WorldEvent, never>;
  /** Simulated time of the part that is emitted unless another number of events is asked for, epoch milliseconds. */
  readonly span: { readonly fromMs: number; readonly untilMs: number };
}

export interface WorldEvent {
  readonly id: string;
  /** Of its record; events of one key stay in order. */
  readonly key: string;
  /** When it happens in the simulated world, epoch milliseconds; never falls. */
  readonly simulatedMs: number;
  /** What is encoded, in the shape of `eventSchema`. @param eventTimeMs wall clock of the emission, epoch milliseconds */
  value(eventTimeMs: number): object;
  readonly label: Label;
}

/** The truth about an event, which becomes known `labelDelayMs` after it. */
export interface Label {
  /** Of the event; the key of the label's record. */
  readonly id: string;
  /** In the shape of `labelSchema`. */
  readonly value: object;
}

export interface ScoredEvent {
  readonly id: string;
  /** The name of one of `decisions`. */
  readonly decision: string;
  /** What a flagged one is ordered by and shown with, 0 to 1. */
  readonly score: number;
  /** Whether it deserves a line in the view. */
  readonly flagged: boolean;
  /** That line, without decision and score: `C01234 pays 412.20 at T00931`. Asked of few events only. */
  describe(): string;
  /** What the judge needs of it; kept until the label comes, so it should be small. */
  readonly evidence: unknown;
}

/** Holds scores against labels. Events are endless, so it must bound what it keeps, and say in its verdict what it covers. */
export interface Judge {
  /**
   * A label was read from Kafka. Labels come in about the order of simulated time.
   * @param evidence of the scored event; undefined where none was read, as for labels that were known before the first event
   */
  add(label: Readonly<Record<string, unknown>>, evidence: unknown): void;
  verdict(): Verdict;
}

export interface Verdict {
  /** What was compared, in one line: how many events, of which simulated days. */
  readonly covers: string;
  readonly measures: readonly Measure[];
  /** Where the published figures come from and how far they can be compared, one sentence; undefined without any. */
  readonly published: string | undefined;
  /** What their column is called where they were not published. */
  readonly heading?: string;
}

export interface Measure {
  /** `AUC`, `log loss`. */
  readonly name: string;
  /** Undefined when there is too little to measure: a week without frauds. */
  readonly here: number | undefined;
  readonly published: number | undefined;
}
