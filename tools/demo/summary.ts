import { clock, counted, finePercent, milliseconds, whole } from './numbers.ts';
import type { Latency, Tone } from './snapshot.ts';
import type { Measure, Verdict } from './worlds/world.ts';

/** What the demo did. Names are those of the last object that --json prints. */
export interface Summary {
  readonly pipeline: string;
  readonly model: string;
  readonly seed: number;
  readonly noun: string;
  readonly seconds: number;
  readonly emitted: {
    readonly events: number;
    readonly perSecond: number;
    /** What was asked for; null for as fast as possible. */
    readonly wantedPerSecond: number | null;
    /** How long the emission stood still, because brokers or the machine did. */
    readonly stalledMs: number;
  };
  /** Events with a score, as a reader of the scored topic finds them. */
  readonly scored: number;
  readonly deadLettered: number;
  readonly skipped: number;
  /** Events without a score. */
  readonly missing: number;
  /** Scored events beyond the first of an event: of a replica that was killed, another scores again what was not committed. */
  readonly repeated: number;
  /** Scored events that no label came for. */
  readonly unlabelled: number;
  /** From event to acknowledged score, over the whole of it; null without events. */
  readonly latency: Latency | null;
  readonly batches: number;
  readonly decisions: Readonly<Record<string, number>>;
  readonly verdict: Verdict;
  readonly topics: {
    readonly events: string;
    readonly scored: string;
    readonly labels: string;
    readonly deadLetters: string;
  };
  readonly example: Example | null;
}

/** One scored event as its reader has it. */
export interface Example {
  readonly place: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Readonly<Record<string, unknown>>;
}

type Paint = (tone: Tone, text: string) => string;

const NAME_WIDTH = 20;
const NUMBER_WIDTH = 12;

export function summaryLines(summary: Summary, paint: Paint): string[] {
  const { scored, noun, model, seconds, seed } = summary;
  const heading = (text: string) => paint('heading', text);
  return [
    '',
    heading(`${counted(scored, noun)} scored by ${model} in ${clock(1000 * seconds)} (seed ${seed})`),
    ...factLines(summary),
    '',
    heading('Decided'),
    ...Object.entries(summary.decisions).map(([name, events]) =>
      row(name, `${whole(events).padStart(NUMBER_WIDTH)}  ${finePercent(events / Math.max(1, scored))}`),
    ),
    '',
    ...verdictLines(summary.verdict, paint),
    '',
    heading('Where it lies'),
    row('events', summary.topics.events),
    row('scored events', summary.topics.scored),
    row('labels', summary.topics.labels),
    row('dead letters', summary.topics.deadLetters),
    ...exampleLines(summary.example, heading),
  ];
}

function factLines({ emitted, latency, batches, scored, ...odd }: Summary): string[] {
  const wanted = emitted.wantedPerSecond;
  const asked = wanted === null ? 'as fast as this process could' : `${whole(wanted)} asked for`;
  const oddities = (['deadLettered', 'skipped', 'missing', 'repeated', 'unlabelled'] as const).filter(
    (name) => odd[name] > 0 || name === 'deadLettered',
  );
  return [
    row('emitted', `${whole(emitted.perSecond)} a second, ${asked}`),
    ...(emitted.stalledMs > 0
      ? [row('stood still', `${milliseconds(emitted.stalledMs)}: brokers or this machine did not keep up`)]
      : []),
    ...(latency === null
      ? []
      : [
          row(
            'event to score',
            `p50 ${milliseconds(latency.p50Ms)}, p99 ${milliseconds(latency.p99Ms)}, acknowledged`,
          ),
        ]),
    row('batches', `${whole(batches)}, ${(scored / Math.max(1, batches)).toFixed(1)} rows on the mean`),
    ...oddities.map((name) => row(ODDITIES[name], whole(odd[name]))),
  ];
}

const ODDITIES = {
  deadLettered: 'dead-lettered',
  skipped: 'skipped',
  missing: 'not scored',
  repeated: 'scored again',
  unlabelled: 'without a label',
} as const;

function verdictLines({ covers, measures, published, heading }: Verdict, paint: Paint): string[] {
  const compared = measures.some((measure) => measure.published !== undefined);
  const columns = (name: string, here: string, there: string) =>
    `  ${name.padEnd(NAME_WIDTH)}${here.padStart(NUMBER_WIDTH)}${compared ? there.padStart(NUMBER_WIDTH) : ''}`;
  return [
    paint('heading', 'Scores against the labels that came later'),
    ...(measures.length > 0 ? [paint('faint', columns('', 'here', heading ?? 'published'))] : []),
    ...measures.map(({ name, here, published: there }) => columns(name, figure(here), figure(there))),
    `  ${covers}`,
    ...(published === undefined ? [] : [`  ${published}`]),
  ];
}

function figure(value: Measure['here']): string {
  return value === undefined ? '-' : value.toFixed(3);
}

function exampleLines(example: Example | null, heading: (text: string) => string): string[] {
  if (example === null) return [];
  const { place, headers, value } = example;
  return [
    '',
    heading(`One of them: ${place}`),
    ...Object.entries(headers).map(([name, text]) => row(name, text)),
    ...Object.entries(value).map(([name, item]) => row(name, textOf(name, item))),
  ];
}

/** Moments are epoch milliseconds, in fields that are named as such. */
function textOf(name: string, item: unknown): string {
  if (typeof item === 'number' && /_(?:time|at)$/.test(name)) return new Date(item).toISOString();
  return typeof item === 'object' ? JSON.stringify(item) : String(item);
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(NAME_WIDTH)} ${text}`;
}
