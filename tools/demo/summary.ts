import { styleText } from 'node:util';
import { decisions, type Example, type Findings } from './findings.ts';
import { counted, whole } from './numbers.ts';

/** The line that `tidemark run --until-end` prints. */
export interface RunSummary {
  readonly scored: number;
  readonly deadLettered: number;
  readonly skipped: number;
  /** From the first record on. */
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

export interface Place {
  readonly brokers: string;
  readonly registryUrl: string;
  readonly topic: string;
  readonly partitions: number;
  readonly subject: string;
  readonly deadLetterTopic: string;
  readonly deadLetters: number;
}

/** What the demo did, as lines for people. */
export function summaryLines(run: RunSummary, findings: Findings, place: Place): string[] {
  const rate = whole(run.eventsPerSecond);
  return [
    '',
    heading(
      `${counted(findings.scored, 'transaction')} scored in ${run.seconds.toFixed(1)} s: ${rate} a second`,
    ),
    row('dead-lettered', whole(place.deadLetters)),
    row('skipped', whole(run.skipped)),
    ...(findings.missing > 0 ? [row('not scored', whole(findings.missing))] : []),
    ...(findings.repeated > 0 ? [row('scored again', whole(findings.repeated))] : []),
    ...(findings.strange > 0 ? [row('not ours', whole(findings.strange))] : []),
    '',
    heading('What was decided'),
    ...decisions.map((decision) => {
      const events = whole(findings.events[decision]).padStart(9);
      return row(decision, `${events}, ${counted(findings.frauds[decision], 'fraud')} among them`);
    }),
    '',
    heading('Where it lies'),
    row('topic', `${place.topic}, ${counted(place.partitions, 'partition')}, on ${place.brokers}`),
    row('schema', `${place.subject}, in ${place.registryUrl}`),
    row('dead letters', place.deadLetterTopic),
    ...(findings.example ? exampleLines(findings.example, place.topic) : []),
  ];
}

function exampleLines(example: Example, topic: string): string[] {
  return [
    '',
    heading(`One of them: ${topic}/${example.partition}@${example.offset}`),
    row('key', example.key),
    ...Object.entries(example.headers).map(([name, value]) => row(name, value)),
    ...Object.entries(example.value).map(([name, value]) =>
      row(name, TIMES.has(name) ? isoTime(value) : String(value)),
    ),
  ];
}

const TIMES = new Set(['event_time', 'scored_at']);

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function heading(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(15)} ${text}`;
}
