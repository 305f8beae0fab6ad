import type { VNode } from 'preact';
import type { ReplicaView } from '../../http/api/replica.ts';
import { bytes, count, dateTime, duration, rate } from '../format.ts';
import { html } from '../html.ts';
import { panel, table } from '../parts.ts';

/** Whose page this is, and how that process fares. */
export function processPanel(replica: ReplicaView): VNode {
  const { process, pipeline, inFlight, eventLoopDelay, totals, batches } = replica;
  const delay = eventLoopDelay.map(
    ({ quantile, seconds }) => `${duration(seconds)} (${quantileName(quantile)})`,
  );
  const rows: readonly (readonly [string, string])[] = [
    ['Host', process.host],
    ['Process id', String(process.pid)],
    ['Started', dateTime(process.startedMs)],
    ['Tidemark', `${process.version}, Node ${process.node}`],
    ['Group', pipeline.group],
    ['From', pipeline.topic],
    ['To', pipeline.outputTopic],
    ['Delivery', `${pipeline.delivery}, client ${pipeline.client}`],
    [
      'In flight',
      `${count(inFlight.events)} ${inFlight.events === 1 ? 'event' : 'events'}, ${bytes(inFlight.bytes)} of at most ${bytes(inFlight.limitBytes)}`,
    ],
    ['Batches', `${rate(batches?.perSecond)} a second; closed ${closedBy(batches)}`],
    ['Commits refused', count(totals.commitsRefused)],
    ['Event loop delay', delay.length === 0 ? '–' : delay.join(', ')],
  ];
  return panel(
    { id: 'process', title: 'This replica' },
    html`<dl class="facts plain">
      ${rows.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>`,
    html`<h3>Waits for</h3>`,
    table<ReplicaView['pauses'][number]>({
      caption: 'What this replica waits for',
      rows: replica.pauses,
      keyOf: ({ reason }) => reason,
      none: 'Nothing: source, sink and registry answer.',
      columns: [
        { title: 'What', of: ({ reason }) => reason },
        { title: 'Since', of: ({ sinceMs }) => dateTime(sinceMs), className: 'time' },
        {
          title: 'Why',
          of: ({ why, code }) => html`${why}${code && html` <code>${code}</code>`}`,
          className: 'text',
        },
      ],
    }),
  );
}

function quantileName(quantile: string): string {
  const share = Number(quantile);
  if (!Number.isFinite(share)) return quantile;
  return share === 1 ? 'most' : `${share * 100} of 100`;
}

function closedBy(batches: ReplicaView['batches']): string {
  if (batches === undefined) return 'none in the last minute';
  return batches.closed.map(({ why, count: of }) => `${why} ${count(of)}`).join(', ');
}
