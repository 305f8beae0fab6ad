import type { VNode } from 'preact';
import type { ScaleView } from '../../http/api/group.ts';
import { count, duration, percent, rate } from '../format.ts';
import { html } from '../html.ts';
import { figure, panel } from '../parts.ts';

/** How many replicas are needed, and what more of them would not help. */
export function scaling({ replicas, wanted, reason, because, stuck, hot }: ScaleView): VNode {
  const { serviceRate, arrivalPerSecond, neededPerSecond, lag, drainInSeconds, partitions } = because;
  const change = wanted === replicas ? 'as many as there are' : `${replicas} now`;
  return panel(
    { id: 'scaling', title: 'Replicas needed', note: `of at most ${partitions}, one a partition` },
    html`<dl class="figures-row">
      ${figure('Wanted', count(wanted), change, wanted > replicas ? 'watch' : undefined)}
      ${figure('One replica scores', html`${rate(serviceRate)} <small>events/s</small>`)}
      ${figure(
        'Needed in all',
        html`${rate(neededPerSecond)} <small>events/s</small>`,
        `${rate(arrivalPerSecond)} arrive, ${count(lag)} wait and are to be gone in ${duration(drainInSeconds)}`,
      )}
    </dl>`,
    html`<p class="line">${reason}</p>`,
    (stuck.length > 0 || hot.length > 0) &&
      html`<h3>What more replicas do not help</h3>
        <ul class="warnings">
          ${stuck.map(
            ({ partition, what, todo }) =>
              html`<li key=${`s${partition}`}><b>Partition ${partition} is stuck.</b> ${sentence(what)} ${todo}</li>`,
          )}
          ${hot.map(
            ({ partition, what, todo, key }) =>
              html`<li key=${`h${partition}`}><b>Partition ${partition} is hot.</b> ${sentence(what)} ${
                key &&
                html`Key <code>${key.key}</code> has ${percent(key.share)} of its latest ${count(key.sampled)} records. `
              }${todo}</li>`,
          )}
        </ul>`,
  );
}

function sentence(what: string): string {
  return `${what[0]!.toUpperCase()}${what.slice(1)}.`;
}
