import { catalogue } from '../errors.ts';
import type { Mark } from '../service/look/fills.ts';
import type { Outcome, SeenEvent } from '../service/look/preview.ts';
import { paint } from './output.ts';

const MARKS: Readonly<Record<Mark, string>> = {
  read: '',
  missing: 'missing, filled in',
  unknown: 'unknown category, filled in',
};

const SKIPPED = {
  tombstone: 'skipped: its value is null (a tombstone)',
  'record-type': 'skipped: its record type is none of input.records',
} as const;

/** An event as the model sees it, for people; `title` says which event it is. */
export function seenText(title: string, { key, timestampMs, outcome }: SeenEvent): string {
  const facts = [
    ...(key === null ? [] : [`key ${key}`]),
    ...(timestampMs < 0 ? [] : [new Date(timestampMs).toISOString()]),
  ];
  const head = `${paint('bold', title, process.stdout)}  ${paint('dim', facts.join('  '), process.stdout)}`;
  return `${[head.trimEnd(), ...outcomeLines(outcome).map((line) => `  ${line}`)].join('\n')}\n`;
}

function outcomeLines(outcome: Outcome): string[] {
  const out = process.stdout;
  switch (outcome.kind) {
    case 'skipped':
      return [paint('dim', SKIPPED[outcome.why], out)];
    case 'dead-letter':
      return [
        `${paint('red', outcome.code, out)}  ${outcome.detail}`,
        `${paint('dim', 'What to do:', out)} ${catalogue[outcome.code].action}`,
      ];
    case 'scored': {
      const { features, outputs, decision } = outcome;
      const width = Math.max(...features.map(({ name }) => name.length));
      const lines = features.map(({ name, value, mark }) => {
        const note = mark === 'read' ? '' : `  ${paint('yellow', MARKS[mark], out)}`;
        return `${name.padEnd(width)}  ${valueText(value)}${note}`;
      });
      const given = Object.entries(outputs).map(
        ([name, value]) => `${name} ${typeof value === 'string' ? value : valueText(value)}`,
      );
      const decided = decision === undefined ? [] : [`decision ${decision}`];
      return [...lines, paint('green', `→ ${[...given, ...decided].join('  ')}`, out)];
    }
    default:
      return outcome satisfies never;
  }
}

/** A number that a float32 holds is shown with no more digits than that takes. */
function valueText(value: number | bigint | string): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint' || Math.fround(value) !== value) return String(value);
  const digits = [6, 7, 8, 9].map((count) => Number(value.toPrecision(count)));
  return String(digits.find((short) => Math.fround(short) === value) ?? value);
}

/** The same as one line of JSON: NaN and infinities as text, longs beyond 2^53 in digits. */
export function seenJson(event: SeenEvent): string {
  return JSON.stringify(event, (_, value) => {
    if (typeof value === 'bigint') return String(value);
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  });
}
