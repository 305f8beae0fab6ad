/**
 * How long the events of one batch took, segment by segment: records that came in one block arrived at the same time. Milliseconds.
 * Kept by whoever fills it, and filled anew for each batch.
 */
export class LatencySheet {
  /** From the event (or its record's timestamp: slo.from) to the acknowledged score, of events that have such a time. */
  eventMs = new Float64Array(0);
  /** How many of `eventMs` count. */
  timed = 0;
  /** Per segment: where its events end in `eventMs`. */
  readonly timedEnd: number[] = [];
  /** Per segment: its scored events, with a time or without. */
  readonly scored: number[] = [];
  /** Per segment: from arrival in the pipeline to the acknowledged score. */
  readonly arrivalMs: number[] = [];
  /** The run of the model. */
  scoreMs = 0;
  /** From the end of that run to the acknowledgement. */
  produceMs = 0;

  /** Begins anew for a batch of at most so many events. */
  begin(maxEvents: number, scoreMs: number, produceMs: number): void {
    if (this.eventMs.length < maxEvents) this.eventMs = new Float64Array(maxEvents);
    this.timed = 0;
    this.timedEnd.length = 0;
    this.scored.length = 0;
    this.arrivalMs.length = 0;
    this.scoreMs = scoreMs;
    this.produceMs = produceMs;
  }

  /** The events of a segment whose times were put into `eventMs` up to `timed`. */
  endSegment(scored: number, arrivalMs: number): void {
    this.timedEnd.push(this.timed);
    this.scored.push(scored);
    this.arrivalMs.push(arrivalMs);
  }
}
