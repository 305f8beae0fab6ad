/** How many rows one run may take, measured: a run blocks the process's only thread, and with it heartbeats. */

export interface ChunkMeasure {
  /** Runs so many rows once. */
  readonly run: (rows: number) => Promise<void>;
  /** Runs larger than this are never needed. */
  readonly maxRows: number;
  /** What one run may take, milliseconds. */
  readonly chunkMs: number;
  readonly monotonicMs: () => number;
}

/** Runs per size; the fastest counts, since noise only ever adds. */
const TRIES = 3;

/** Rows of a run, and how long such a run takes. */
export interface ChunkRows {
  readonly rows: number;
  readonly ms: number;
}

/** Doubles the rows of a run until it would take longer than `chunkMs`. At least 1 row, at most `maxRows`. */
export async function measureChunkRows(measure: ChunkMeasure): Promise<ChunkRows> {
  const { maxRows, chunkMs } = measure;
  for (let rows = 1; ; rows = Math.min(rows * 2, maxRows)) {
    const ms = await fastestRun(rows, measure);
    const msPerRow = ms / rows;
    const affordable = Math.max(1, msPerRow > 0 ? Math.floor(chunkMs / msPerRow) : maxRows);
    if (affordable >= rows * 2 && rows < maxRows) continue;
    const chosen = Math.min(affordable, maxRows);
    return { rows: chosen, ms: msPerRow * chosen };
  }
}

/** Milliseconds of the fastest of a few runs of `rows` rows. */
export async function fastestRun(rows: number, { run, monotonicMs, chunkMs }: ChunkMeasure): Promise<number> {
  let bestMs = Number.POSITIVE_INFINITY;
  let spentMs = 0;
  // The first run of a session allocates and must not stand for all; a slow model is run no more often than that asks.
  for (let tries = 0; tries < TRIES && (tries < 2 || spentMs < chunkMs); tries++) {
    const startMs = monotonicMs();
    await run(rows);
    const ms = monotonicMs() - startMs;
    spentMs += ms;
    bestMs = Math.min(bestMs, ms);
  }
  return bestMs;
}
