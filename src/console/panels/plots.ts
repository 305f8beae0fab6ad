import type { VNode } from 'preact';
import type { HistoryView, ReplicaView } from '../../http/api/replica.ts';
import { count, duration, rate, UNKNOWN } from '../format.ts';
import { html } from '../html.ts';
import { panel } from '../parts.ts';
import { plot } from '../plot.ts';

/** The last quarter of an hour: does it keep up, and did it? */
export function plots(replica: ReplicaView, history: HistoryView): VNode {
  const { atMs, paused, scored, deadLettered, skipped, lagRecords, p50Seconds, p99Seconds } = history;
  const seconds = history.everySeconds * history.capacity;
  const common = { atMs, seconds, shaded: paused };
  const { slo } = replica;
  const perSecond = (value: number | null) => rate(value);
  return panel(
    {
      id: 'plots',
      title: 'The last 15 minutes',
      note: 'this replica; shaded while it was paused',
    },
    html`<div class="plots">
      ${plot({
        ...common,
        title: 'Events per second',
        summary: told('Scored events per second', scored, perSecond),
        format: perSecond,
        lines: [
          { label: 'scored', values: scored, colour: 'tide' },
          { label: 'dead letters', values: deadLettered, colour: 'rust' },
          { label: 'skipped', values: skipped, colour: 'stone' },
        ],
      })}
      ${plot({
        ...common,
        title: 'Lag, records',
        summary: told('Records that wait', lagRecords, count),
        format: count,
        lines: [{ label: 'waiting', values: lagRecords, colour: 'tide' }],
      })}
      ${plot({
        ...common,
        title: 'Latency',
        summary: told('Latency that 99 of 100 events keep', p99Seconds, duration),
        format: duration,
        logarithmic: true,
        lines: [
          { label: '99 of 100', values: p99Seconds, colour: 'tide' },
          { label: 'half', values: p50Seconds, colour: 'stone' },
          ...(slo
            ? [{ label: 'objective', values: atMs.map(() => slo.p99Seconds), colour: 'rust', dashed: true }]
            : []),
        ],
      })}
    </div>`,
  );
}

/** A plot in words. */
function told(what: string, values: readonly (number | null)[], format: (value: number) => string): string {
  const known = values.filter((value) => value !== null);
  const last = values.at(-1);
  if (known.length === 0) return `${what}: nothing is known yet.`;
  const now = last === null || last === undefined ? UNKNOWN : format(last);
  return `${what}: now ${now}, at least ${format(Math.min(...known))}, at most ${format(Math.max(...known))}.`;
}
