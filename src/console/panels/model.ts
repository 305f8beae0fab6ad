import type { VNode } from 'preact';
import type { FeatureView, OutputView, ReplicaView } from '../../http/api/replica.ts';
import { count, percent, score } from '../format.ts';
import { html } from '../html.ts';
import { bar, panel, table } from '../parts.ts';

/** More features than these are seldom looked through; the table says how many there are. */
const MOST_FEATURES = 12;

/** Which model scores, and what it makes of the events. */
export function model(replica: ReplicaView): VNode {
  const { model: is, outputs, features, totals } = replica;
  // A feature counts when it is read, whether the event is scored then or rejected; what is skipped is not read.
  const read = totals.scored + totals.deadLettered;
  const name = is
    ? html`<b>${is.name} ${is.version}</b> <span class="quiet">digest</span> <code>${is.digest}</code>`
    : 'not verified yet';
  return panel(
    { id: 'model', title: 'The model', note: html`${name}, since the process started` },
    outputs.length === 0 && html`<p class="none">It has no numeric output whose values are counted.</p>`,
    outputs.map(histogram),
    decisions(replica),
    html`<h3>Features missing or unknown</h3>`,
    table<FeatureView>({
      caption: 'Features that were missing or unknown, most often first',
      rows: features.slice(0, MOST_FEATURES),
      keyOf: ({ feature }) => feature,
      none: 'None was missing or unknown.',
      columns: [
        { title: 'Feature', of: ({ feature }) => feature, className: 'name' },
        { title: 'Missing', of: ({ missing }) => share(missing, read), figures: true },
        { title: 'Unknown', of: ({ unknown }) => share(unknown, read), figures: true },
      ],
    }),
    features.length > MOST_FEATURES && html`<p class="quiet">and ${features.length - MOST_FEATURES} more</p>`,
  );
}

function share(part: number, of: number): string {
  if (part === 0) return '0';
  return of === 0 ? count(part) : `${count(part)} (${percent(part / of)})`;
}

const WIDTH = 400;
const HEIGHT = 90;
/** From the highest bar down to the ground: what is rarer than a ten-thousandth is seen all the same. */
const DECADES = 4;

/** The values of an output, a bar a bucket; by pointing at one, its bounds and count are read. */
function histogram({ output, bounds, counts, count: all, mean, notFinite }: OutputView): VNode {
  const highest = Math.max(...counts, 1);
  const step = WIDTH / counts.length;
  // Some five bounds are read; more would run into each other.
  const every = Math.max(1, Math.ceil(bounds.length / 5));
  const rangeOf = (bucket: number) => {
    if (bucket === 0) return `at most ${score(bounds[0]!)}`;
    if (bucket === bounds.length) return `above ${score(bounds.at(-1)!)}`;
    return `${score(bounds[bucket - 1]!)} to ${score(bounds[bucket]!)}`;
  };
  const spread = `${count(all)} values, mean ${mean === undefined ? '–' : score(mean)}`;
  const lost = notFinite > 0 ? `, ${count(notFinite)} not finite` : '';
  const most = counts.indexOf(highest);
  const summary =
    all === 0
      ? 'no value yet'
      : `${spread}${lost}; most often ${rangeOf(most)}, ${percent(highest / all)} of them`;
  return html`<figure class="histogram" key=${output}>
    <figcaption><h3>Values of <code>${output}</code></h3><span class="quiet">${spread}${lost}</span></figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${`Histogram of ${output}: ${summary}`}>
      ${counts.map((value, bucket) => {
        const height = value === 0 ? 0 : Math.max(1.5, HEIGHT * (1 + Math.log10(value / highest) / DECADES));
        return html`<rect key=${bucket} x=${bucket * step + 0.75} width=${step - 1.5} y=${HEIGHT - height} height=${height}>
          <title>${rangeOf(bucket)}: ${count(value)} (${percent(all === 0 ? 0 : value / all)})</title>
        </rect>`;
      })}
      ${[1, 2, 3].map((line) => html`<line key=${line} class="faint" x1="0" x2=${WIDTH} y1=${(HEIGHT * line) / DECADES} y2=${(HEIGHT * line) / DECADES} />`)}
      <line x1="0" x2=${WIDTH} y1=${HEIGHT} y2=${HEIGHT} />
    </svg>
    <p class="scale" aria-hidden="true">
      ${bounds.map((bound, at) => (at + 1) % every === 0 && html`<span key=${at} style=${{ left: `${((at + 1) / counts.length) * 100}%` }}>${score(bound)}</span>`)}
    </p>
    <p class="what">Each line up is ten times as many, so that what is rare is seen.</p>
  </figure>`;
}

function decisions({ decisions: made }: ReplicaView): VNode | undefined {
  if (made.length === 0) return undefined;
  const all = made.reduce((sum, { count: of }) => sum + of, 0);
  return html`<h3>Decisions</h3>
    ${table<(typeof made)[number]>({
      caption: 'Decisions, most frequent first',
      rows: made,
      keyOf: ({ decision }) => decision,
      none: 'None was made yet.',
      columns: [
        { title: 'Decision', of: ({ decision }) => decision, className: 'name' },
        { title: 'Events', of: ({ count: of }) => count(of), figures: true },
        { title: 'Share', of: ({ count: of }) => percent(of / all), figures: true },
        {
          title: html`<span class="unseen">Share as a bar</span>`,
          of: ({ count: of }) => bar(of / all),
          className: 'bars',
        },
      ],
    })}`;
}
