import type { VNode } from 'preact';
import type { ReplicaView } from '../../http/api/replica.ts';
import { count, duration, percent, rate } from '../format.ts';
import { html } from '../html.ts';
import { figure, state } from '../parts.ts';
import { type Tone, type Verdict, verdict } from '../verdict.ts';
import { outcomesOf, waitingOf } from '../waiting.ts';

/** Is it keeping up? A word, a sentence, and the four figures that it follows from. */
export function summary(replica: ReplicaView): VNode {
  const said = verdict(replica);
  return html`<section class="summary" aria-labelledby="verdict">
    <div class="verdict" data-tone=${said.tone}>
      <h2 id="verdict">${state(said.word, said.tone)}</h2>
      <p>${said.sentence}</p>
      ${warnings(replica, said)}
    </div>
    <dl class="figures-row">${rates(replica)}${lag(replica)}${latency(replica)}${outcomes(replica)}</dl>
  </section>`;
}

function rates(replica: ReplicaView): VNode {
  return figure(
    'Rate',
    html`${rate(waitingOf(replica).perSecond)} <small>events/s</small>`,
    `${count(outcomesOf(replica.totals))} since the process started`,
  );
}

function lag(replica: ReplicaView): VNode {
  const { partitions, records, oldestSeconds, isBehind } = waitingOf(replica);
  const more =
    partitions === 0
      ? 'no partition is held'
      : records === 0
        ? `none waits in ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`
        : `the oldest has waited ${duration(oldestSeconds)}`;
  return figure(
    'Lag',
    html`${partitions === 0 ? '–' : count(records)} <small>records</small>`,
    more,
    isBehind ? 'bad' : undefined,
  );
}

function latency({ latency, slo }: ReplicaView): VNode {
  const { event } = latency;
  const name = 'Latency, 99 of 100 within';
  if (event === undefined) return figure(name, '–', 'no event in the last minute');
  const isLate = slo !== undefined && event.p99Seconds > slo.p99Seconds;
  const against =
    slo && html`objective ${duration(slo.p99Seconds)}, kept by ${percent(event.withinSlo)} of events`;
  return figure(
    name,
    html`${duration(event.p99Seconds)}`,
    against ?? `half within ${duration(event.p50Seconds)}`,
    isLate ? 'watch' : undefined,
  );
}

function outcomes({ totals, rates }: ReplicaView): VNode {
  const all = outcomesOf(totals);
  const skipped = totals.skipped === 0 ? 'none skipped' : `${count(totals.skipped)} skipped`;
  const tone: Tone | undefined = rates !== undefined && rates.deadLettered > 0 ? 'watch' : undefined;
  return figure(
    'Dead letters',
    html`${count(totals.deadLettered)} <small>events</small>`,
    all === 0 ? 'no event yet' : `${percent(totals.deadLettered / all)} of all, ${skipped}`,
    tone,
  );
}

/** What the sentence has not said already. */
function warnings({ ready }: ReplicaView, { sentence }: Verdict): VNode | undefined {
  const isTold = ({ code, message }: { readonly code?: string; readonly message: string }) =>
    sentence.includes(message) || (code !== undefined && sentence.includes(code));
  const untold = [...ready.reasons, ...ready.warnings].filter((reason) => !isTold(reason));
  if (untold.length === 0) return undefined;
  return html`<ul class="warnings">
    ${untold.map(({ code, message }) => html`<li key=${message}>${message}${code && html` <code>${code}</code>`}</li>`)}
  </ul>`;
}
