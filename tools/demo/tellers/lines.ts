import { clock, counted, milliseconds, percent, whole } from '../numbers.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Summary, summaryLines } from '../summary.ts';
import { ProgressLine, type Screen } from './progressLine.ts';
import type { Teller } from './teller.ts';

const LINE_EVERY_MS = 3_000;

/** Tells a file or a pipe: a line now and then, nothing redrawn, no colour. */
export class LineTeller implements Teller {
  readonly #out: Screen;
  readonly #progress: ProgressLine;
  #shownAtMs = Number.NEGATIVE_INFINITY;

  constructor(out: Screen) {
    this.#out = out;
    this.#progress = new ProgressLine(out, () => performance.now());
  }

  say(line: string): void {
    this.#progress.say(line);
  }

  progress(text: string): void {
    this.#progress.show(text);
  }

  show(snapshot: Snapshot): void {
    if (snapshot.elapsedMs - this.#shownAtMs < LINE_EVERY_MS) return;
    this.#shownAtMs = snapshot.elapsedMs;
    this.#out.write(`${lineOf(snapshot)}\n`);
  }

  end(summary: Summary): void {
    for (const line of summaryLines(summary, (_, text) => text)) this.#out.write(`${line}\n`);
  }

  close(): void {
    this.#progress.clear();
  }
}

/** What is seen, in one line. */
function lineOf({
  elapsedMs,
  share,
  emitted,
  scored,
  latency,
  lag,
  batches,
  decisions,
  replicas,
}: Snapshot): string {
  const behind = lag.reduce((sum, records) => sum + records, 0);
  const paused = [...new Set(replicas.flatMap(({ pausedBy }) => pausedBy))];
  const ended = replicas.filter(({ state }) => state === 'ended').length;
  return [
    `${clock(elapsedMs)}${share === undefined ? '' : ` ${percent(share)}`}`,
    `${counted(emitted.events, 'event')} emitted`,
    `${whole(scored.perSecond)} a second scored`,
    ...(latency ? [`p50 ${milliseconds(latency.p50Ms)}, p99 ${milliseconds(latency.p99Ms)}`] : []),
    `lag ${whole(behind)}`,
    `${whole(batches.rows)} rows a batch`,
    decisions.map(({ name, events }) => `${name} ${whole(events)}`).join(', '),
    ...(paused.length > 0 ? [`waits for ${paused.join(' and ')}`] : []),
    ...(ended > 0 ? [`${counted(ended, 'replica')} of ${replicas.length} ended`] : []),
  ].join(' | ');
}
