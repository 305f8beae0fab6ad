import type { VNode } from 'preact';
import type { ScaleView } from '../../http/api/group.ts';
import { count, duration, rate, sentence } from '../format.ts';
import { html } from '../html.ts';
import { figure, panel } from '../parts.ts';
import { ranges } from '../ranges.ts';

/** How many replicas are needed, and what more of them would not help. */
export function scaling({ replicas, wanted, reason, because, stuck, hot }: ScaleView): VNode {
  const { serviceRate, arrivalPerSecond, neededPerSecond, lag, drainInSeconds, partitions } = because;
  const until = neededPerSecond === null ? '' : ` and are to be gone in ${duration(drainInSeconds)}`;
  const change = wanted === replicas ? 'as many as there are' : `${replicas} now`;
  return panel(
    { id: 'scaling', title: 'Replicas needed', note: `of at most ${partitions}, one a partition` },
    html`<dl class="figures-row">
      ${figure('Wanted', count(wanted), change, wanted > replicas ? 'watch' : undefined)}
      ${figure('One replica scores', html`${rate(serviceRate)} <small>events/s</small>`)}
      ${figure(
        'Needed in all',
        html`${rate(neededPerSecond)} <small>events/s</small>`,
        `${rate(arrivalPerSecond)} arrive, ${count(lag)} wait${until}`,
      )}
    </dl>`,
    html`<p class="line">${reason}</p>`,
    (stuck.length > 0 || hot.length > 0) &&
      html`<h3>What more replicas do not help</h3>
        <ul class="warnings">
          ${[...Map.groupBy(stuck, ({ todo }) => todo).values()].map(stuckAlike)}
          ${hot.map(({ partition, what, todo }) => html`<li key=${`h${partition}`}><b>${sentence(what)}</b> ${todo}</li>`)}
        </ul>`,
  );
}

/** Partitions that the same helps: when nothing moves in any, it is not said once for each. */
function stuckAlike(partitions: ScaleView['stuck']): VNode {
  const [{ partition, what, todo }] = partitions as [ScaleView['stuck'][number]];
  const key = `s${partition}`;
  if (partitions.length === 1)
    return html`<li key=${key}><b>Partition ${partition} is stuck.</b> ${sentence(what)} ${todo}</li>`;
  const numbers = ranges(partitions.map((stuck) => stuck.partition));
  const lag = partitions.reduce((sum, stuck) => sum + stuck.lag, 0);
  return html`<li key=${key}><b>Partitions ${numbers} are stuck</b>, ${count(lag)} events wait. Of these, ${what}. ${todo}</li>`;
}
