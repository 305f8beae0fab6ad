/** What several panels are made of. */
import type { ComponentChildren, VNode } from 'preact';
import { html } from './html.ts';
import type { Tone } from './verdict.ts';

/** A word of state with a shape of its own, so that colour is never all that tells it. */
export function state(word: string, tone: Tone): VNode {
  return html`<span class="state" data-tone=${tone}>${shape(tone)}${word}</span>`;
}

function shape(tone: Tone): VNode {
  const shapes: Record<Tone, VNode> = {
    good: html`<circle cx="6" cy="6" r="4.5" />`,
    quiet: html`<circle cx="6" cy="6" r="3.75" class="hollow" />`,
    watch: html`<path d="M6 .8 11.2 6 6 11.2 .8 6Z" />`,
    bad: html`<path d="M6 .9 11.6 11H.4Z" />`,
  };
  return html`<svg class="shape" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">${shapes[tone]}</svg>`;
}

export interface PanelOptions {
  readonly id: string;
  readonly title: string;
  /** Beside the title: whose figures these are, and over which time. */
  readonly note?: ComponentChildren;
}

export function panel({ id, title, note }: PanelOptions, ...children: ComponentChildren[]): VNode {
  return html`<section class="panel" aria-labelledby=${id}>
    <header class="panel-head">
      <h2 id=${id}>${title}</h2>
      ${note !== undefined && html`<p class="note">${note}</p>`}
    </header>
    ${children}
  </section>`;
}

export interface Column<Row> {
  readonly title: ComponentChildren;
  readonly of: (row: Row) => ComponentChildren;
  /** Figures are set flush right, so that their digits stand below each other. */
  readonly figures?: boolean;
  readonly className?: string;
}

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly classOf?: (row: Row) => string;
  /** Instead of a table without rows. */
  readonly none: string;
}

/** A table that scrolls sideways by itself where it is too wide, so that the page never does. The first column heads its row. */
export function table<Row>({ caption, columns, rows, keyOf, classOf, none }: TableOptions<Row>): VNode {
  if (rows.length === 0) return html`<p class="none">${none}</p>`;
  const cell = (row: Row, { of, figures, className = '' }: Column<Row>, at: number) => {
    const classes = `${figures ? 'figures ' : ''}${className}`;
    if (at === 0) return html`<th scope="row" class=${classes}>${of(row)}</th>`;
    return html`<td class=${classes}>${of(row)}</td>`;
  };
  return html`<div class="scroll" role="region" aria-label=${caption} tabindex="0">
    <table>
      <caption class="unseen">${caption}</caption>
      <thead>
        <tr>${columns.map(({ title, figures }) => html`<th scope="col" class=${figures ? 'figures' : ''}>${title}</th>`)}</tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr key=${keyOf(row)} class=${classOf?.(row) ?? ''}>${columns.map((column, at) => cell(row, column, at))}</tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A figure with its name above it and what puts it in proportion below. */
export function figure(name: string, value: ComponentChildren, more?: ComponentChildren, tone?: Tone): VNode {
  return html`<div class="figure" data-tone=${tone}>
    <dt>${name}</dt>
    <dd class="value">${value}</dd>
    ${more !== undefined && html`<dd class="more">${more}</dd>`}
  </div>`;
}

/** A share of a whole as a bar; the figure beside it says the same. */
export function bar(share: number): VNode {
  const width = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * 100;
  return html`<svg class="bar" aria-hidden="true" viewBox="0 0 100 6" preserveAspectRatio="none">
    <rect class="whole" width="100" height="6" /><rect class="part" width=${width} height="6" />
  </svg>`;
}
