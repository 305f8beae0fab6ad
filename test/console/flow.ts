/** Events that never were, told to telemetry as a pipeline would. */
import type { Standing, Telemetry } from '../../src/telemetry/events.ts';
import { LatencySheet } from '../../src/telemetry/latencySheet.ts';

export const PARTITIONS = [0, 1, 2, 3, 4, 5];
const BATCHES = 5;
const ROWS = 400;
const STUCK_MS = 300_000;

export class Flow {
  readonly #telemetry: Telemetry;
  readonly #stuckAtMs: number;
  readonly #sheet = new LatencySheet();
  readonly #draw = drawing(7);
  #offset = 1_000_000;
  #stuckOffset: number | undefined;

  /** @param isStuck lets partition 4 stand still for the last five minutes */
  constructor(telemetry: Telemetry, isStuck: boolean) {
    this.#telemetry = telemetry;
    this.#stuckAtMs = isStuck ? Date.now() - STUCK_MS : Number.POSITIVE_INFINITY;
    telemetry.started(STARTED);
    telemetry.leasesGranted(PARTITIONS, 3);
    telemetry.standingsFrom(() => PARTITIONS.map((partition) => this.#standing(partition)));
    telemetry.stateChanged({ kind: 'running' });
  }

  /** What happens in two seconds. */
  step(atMs: number): void {
    const busy = 0.7 + 0.3 * Math.sin(atMs / 60_000);
    const rows = Math.round(ROWS * busy);
    for (let batch = 0; batch < BATCHES; batch++) this.#batch(rows, batch);
    this.#offset += Math.round((BATCHES * rows) / PARTITIONS.length);
    if (atMs > this.#stuckAtMs) this.#stuckOffset ??= this.#offset;
    for (const partition of PARTITIONS) {
      const { settledOffset, endOffset } = this.#standing(partition);
      this.#telemetry.committed(partition, settledOffset, endOffset);
    }
    this.#telemetry.inFlight(1_800_000, 900);
  }

  #batch(rows: number, batch: number): void {
    const draw = this.#draw;
    this.#telemetry.modelRan({
      rows,
      outputs: [{ kind: 'number', values: Float64Array.from({ length: rows }, () => draw() ** 6) }],
      missing: Uint32Array.of(0, batch === 0 ? 3 : 0),
      unknown: new Uint32Array(2),
      decided: Uint32Array.of(batch === 1 ? 1 : 0, 2, rows - 3),
    });
    this.#telemetry.batchScored({ rows, closed: 'due', scoreMs: 2, oldestMs: 5 });
    const deadLettered = batch === 0 ? 1 : 0;
    this.#telemetry.batchDelivered({ scored: rows, deadLettered, bytes: rows * 180, ms: 6 });
    const sheet = this.#sheet;
    sheet.begin(rows, 2 + draw(), 5 + 3 * draw());
    for (let row = 0; row < rows; row++) sheet.eventMs[sheet.timed++] = 14 + 20 * draw() + 60 * draw() ** 8;
    sheet.endSegment(rows, 12 + draw());
    this.#telemetry.latencies(sheet);
  }

  #standing(partition: number): Standing {
    const stuckOffset = partition === 4 ? this.#stuckOffset : undefined;
    const atMs = stuckOffset === undefined ? Date.now() - 20 : this.#stuckAtMs;
    return {
      partition,
      beginOffset: 1_000_000,
      settledOffset: stuckOffset ?? this.#offset,
      endOffset: this.#offset + 40 + partition,
      oldestMs: atMs,
      settledMs: atMs,
    };
  }
}

const STARTED: Parameters<Telemetry['started']>[0] = {
  pipeline: 'card-fraud',
  client: 'native',
  delivery: 'at-least-once',
  group: 'card-fraud-scorer',
  topic: 'transactions',
  maxInFlightBytes: 25_165_824,
  model: {
    name: 'card-fraud',
    version: '2.0.0',
    digest: '4f1d2c0a9b8e7f66',
    rowsPerRun: 4096,
    features: [
      { name: 'amount', hasCategories: false },
      { name: 'terminal_risk_30d', hasCategories: false },
    ],
    outputs: [{ name: 'score', bounds: Array.from({ length: 20 }, (_, i) => (i + 1) / 20) }],
    decisions: ['block', 'review', 'allow'],
  },
};

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let drawn = Math.imul(state ^ (state >>> 15), 1 | state);
    drawn = (drawn + Math.imul(drawn ^ (drawn >>> 7), 61 | drawn)) ^ drawn;
    return ((drawn ^ (drawn >>> 14)) >>> 0) / 4_294_967_296;
  };
}
