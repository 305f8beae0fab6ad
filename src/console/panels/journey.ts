import type { VNode } from 'preact';
import type { ReplicaView, RoomName, RoomView } from '../../http/api/replica.ts';
import { bytes, count, duration, percent, rate } from '../format.ts';
import { html } from '../html.ts';
import { bar, panel } from '../parts.ts';
import { waitingOf } from '../waiting.ts';

const ROOMS: Record<RoomName, { readonly title: string; readonly what: string }> = {
  kafka: { title: 'In Kafka', what: 'from the event to its arrival here' },
  batch: { title: 'For a batch', what: 'until the batch it joined closes' },
  score: { title: 'Scoring', what: 'one run of the model for the batch' },
  produce: { title: 'Publishing', what: 'until all in-sync replicas have it' },
};

/** Where the time of an event goes. */
export function journey(replica: ReplicaView): VNode {
  const { latency, slo } = replica;
  const from = slo?.from === 'event' ? 'the event’s own time' : 'the record’s timestamp';
  const total = replica.journey.reduce((sum, { meanSeconds }) => sum + (meanSeconds ?? 0), 0);
  const whole =
    latency.event === undefined
      ? 'no event in the last minute'
      : `${duration(latency.event.meanSeconds)} on average, from ${from} to the acknowledged score`;
  return panel(
    { id: 'journey', title: 'The journey of an event', note: whole },
    html`<ol class="journey">${replica.journey.map((view) => room(view, total, replica))}</ol>`,
  );
}

function room({ room: name, meanSeconds, p99Seconds }: RoomView, total: number, replica: ReplicaView): VNode {
  const { title, what } = ROOMS[name];
  const share = meanSeconds === undefined || total === 0 ? 0 : meanSeconds / total;
  return html`<li key=${name} class="room">
    <h3>${title}</h3>
    <p class="value">${duration(meanSeconds)}</p>
    ${bar(share)}
    <p class="share">${meanSeconds === undefined ? 'nothing passed' : `${percent(share)} of the time`}</p>
    <dl class="facts">
      <div><dt>99 of 100 within</dt><dd>${duration(p99Seconds)}</dd></div>
      ${facts(name, replica).map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`)}
    </dl>
    <p class="what">${what}</p>
  </li>`;
}

/** What explains the time spent in a room. */
function facts(room: RoomName, replica: ReplicaView): [string, string][] {
  const { batches, inFlight, rates } = replica;
  switch (room) {
    case 'kafka':
      return [['records waiting', count(waitingOf(replica).records)]];
    case 'batch':
      return [['rows a batch', rate(batches?.meanRows)]];
    case 'score':
      return [['batches a second', rate(batches?.perSecond)]];
    case 'produce': {
      const sent = rates === undefined ? '–' : `${bytes(rates.deliveredBytes)}/s`;
      const limit = inFlight.limitBytes === undefined ? '' : ` of ${bytes(inFlight.limitBytes)}`;
      return [
        ['published', sent],
        ['in flight', `${bytes(inFlight.bytes)}${limit}`],
      ];
    }
  }
}
