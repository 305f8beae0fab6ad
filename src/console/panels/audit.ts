import type { VNode } from 'preact';
import type { AuditRecordView } from '../../http/api/control.ts';
import { dateTime } from '../format.ts';
import { html } from '../html.ts';
import { panel, table } from '../parts.ts';

const SHOWN = 20;

type Asked = Extract<AuditRecordView, { kind: 'requested' }>;
type Answered = Extract<AuditRecordView, { kind: 'answered' }>;

interface Row {
  readonly asked: Asked;
  readonly answers: readonly Answered[];
}

/** Who changed what, and what came of it. */
export function audit(records: readonly AuditRecordView[]): VNode {
  const answersOf = Map.groupBy(
    records.filter((record) => record.kind === 'answered'),
    ({ id }) => id,
  );
  const rows = records
    .filter((record) => record.kind === 'requested')
    .map((asked): Row => ({ asked, answers: answersOf.get(asked.command.id) ?? [] }))
    .reverse();
  return panel(
    { id: 'audit', title: 'Who changed what', note: 'from the audit topic, newest first' },
    table<Row>({
      caption: 'Changes that were asked for, newest first',
      rows: rows.slice(0, SHOWN),
      keyOf: ({ asked }) => asked.command.id,
      none: 'Nothing was changed yet.',
      columns: [
        { title: 'Time', of: ({ asked }) => dateTime(asked.atMs), className: 'time' },
        { title: 'Who', of: ({ asked }) => asked.command.by, className: 'name' },
        { title: 'What', of: ({ asked }) => what(asked) },
        { title: 'Why', of: ({ asked }) => asked.command.why, className: 'text' },
        { title: 'What came of it', of: ({ answers }) => answered(answers), className: 'text' },
      ],
    }),
  );
}

function what({ command: { command, partition, level, to } }: Asked): string {
  const where = partition === undefined ? '' : ` partition ${partition}`;
  const whither =
    to === undefined
      ? ''
      : ` ${
          typeof to === 'string'
            ? to
            : Object.entries(to as object)
                .flat()
                .join(' ')
        }`;
  return `${command}${where}${whither}${level === undefined ? '' : ` ${level}`}`;
}

function answered(answers: readonly Answered[]): VNode | string {
  if (answers.length === 0) return 'no replica has answered';
  return html`<ul class="answers">
    ${answers.map(
      ({ replica, applied, result, atMs }) =>
        html`<li key=${`${replica.host}:${replica.pid}:${atMs}`}>${replica.host}:${replica.pid} ${applied ? '' : 'refused: '}${result}</li>`,
    )}
  </ul>`;
}
