import { Component, h, type VNode } from 'preact';
import type { PayloadView, RejectionsView, RejectionView } from '../../http/api/rejections.ts';
import type { ReplicaView } from '../../http/api/replica.ts';
import { get, Refused } from '../client.ts';
import { bytes, count, dateTime } from '../format.ts';
import { html } from '../html.ts';
import { panel, table } from '../parts.ts';

/** Samples at a time; the others are counted. */
const SHOWN = 12;

/** Which events were rejected, and why. */
export function rejections(view: RejectionsView, { totals, pipeline }: ReplicaView, mayShow: boolean): VNode {
  const { rejections: latest, keptPerCode } = view;
  const hidden = mayShow
    ? 'What an event held is hidden: it may be about people. “Show” reads that record from Kafka again, for this page alone.'
    : 'What an event held is hidden here.';
  return panel(
    {
      id: 'rejections',
      title: 'Rejected events',
      note: `sent to ${pipeline.deadLetterTopic}; the latest ${keptPerCode} of each code are kept here`,
    },
    totals.rejections.length === 0
      ? html`<p class="none">None since the process started.</p>`
      : html`<ul class="counts">
            ${totals.rejections.map(({ code, count: of }) => html`<li key=${code}><code>${code}</code> <b>${count(of)}</b></li>`)}
          </ul>
          <p class="line">${hidden}</p>
          ${table<RejectionView>({
            caption: 'The latest rejected events, newest first',
            rows: latest.slice(0, SHOWN),
            keyOf: ({ place }) => place,
            none: 'Those that were counted are no longer kept.',
            columns: [
              { title: 'Time', of: ({ atMs }) => dateTime(atMs), className: 'time' },
              { title: 'Code', of: ({ code }) => html`<code>${code}</code>` },
              { title: 'Why', of: ({ detail }) => detail, className: 'text' },
              {
                title: 'Topic/partition@offset',
                of: ({ place }) => html`<code class="place">${place}</code>`,
              },
              { title: 'Event', of: eventName, className: 'name' },
              { title: 'Schema id', of: ({ schemaId }) => schemaId ?? '–', figures: true },
              ...(mayShow
                ? [{ title: 'Payload', of: ({ place }: RejectionView) => h(Payload, { place, key: place }) }]
                : []),
            ],
          })}
          ${latest.length > SHOWN && html`<p class="quiet">and ${latest.length - SHOWN} more that are kept</p>`}`,
  );
}

function eventName({ id, traceId }: RejectionView): VNode | string {
  if (traceId === undefined) return id ?? '–';
  return html`${id} <span class="quiet">trace <code>${traceId}</code></span>`;
}

type PayloadState =
  | { readonly kind: 'hidden' }
  | { readonly kind: 'reading' }
  | { readonly kind: 'shown'; readonly payload: PayloadView }
  | { readonly kind: 'failed'; readonly why: string };

/** What one event held, when somebody asks. */
class Payload extends Component<{ readonly place: string }, { readonly is: PayloadState }> {
  override state: { readonly is: PayloadState } = { is: { kind: 'hidden' } };

  override render({ place }: { readonly place: string }): VNode {
    const { is } = this.state;
    const label = `payload of ${place}`;
    const show = html`<button type="button" class="small" aria-label=${`Show the ${label}`} onClick=${() => this.#show()}>Show</button>`;
    switch (is.kind) {
      case 'hidden':
        return show;
      case 'reading':
        return html`<span role="status">reading …</span>`;
      case 'failed':
        return html`<span role="alert">${is.why}</span> ${show}`;
      case 'shown':
        return html`<button type="button" class="small" aria-label=${`Hide the ${label}`} onClick=${() => this.setState({ is: { kind: 'hidden' } })}>Hide</button>
          ${payloadText(is.payload)}`;
    }
  }

  async #show(): Promise<void> {
    this.setState({ is: { kind: 'reading' } });
    try {
      const path = `api/rejections/${encodeURIComponent(this.props.place)}/payload`;
      this.setState({ is: { kind: 'shown', payload: await get<PayloadView>(path) } });
    } catch (cause) {
      const why = cause instanceof Refused ? cause.message : 'the process does not answer';
      this.setState({ is: { kind: 'failed', why } });
    }
  }
}

function payloadText({ bytes: length, key, value, undecoded, hex }: PayloadView): VNode {
  const text =
    value === undefined ? (hex ?? '').replace(/(..)(?=.)/g, '$1 ') : JSON.stringify(value, null, 2);
  return html`<div class="payload">
    <p class="quiet">key ${key === null ? 'none' : html`<code>${key}</code>`}, ${bytes(length)}${undecoded && html`; ${undecoded}`}</p>
    <pre tabindex="0">${text}</pre>
  </div>`;
}
