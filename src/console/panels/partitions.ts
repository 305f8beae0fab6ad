import type { VNode } from 'preact';
import type { PartitionView, ReplicaView } from '../../http/api/replica.ts';
import { count, duration, rate } from '../format.ts';
import { html } from '../html.ts';
import { panel, state, table } from '../parts.ts';
import { partitionState, partitionTone } from '../verdict.ts';

/** What each partition does that this replica holds. Why one is stopped is said in full at the top of the page. */
export function partitions({ partitions: held, pipeline }: ReplicaView): VNode {
  const note = `${held.length} of ${pipeline.topic}, held by this replica`;
  return panel(
    { id: 'partitions', title: 'Partitions', note },
    table<PartitionView>({
      caption: 'Partitions held by this replica, with lag and progress',
      rows: held,
      keyOf: ({ partition }) => partition,
      none: 'This replica holds no partition.',
      columns: [
        { title: 'Partition', of: ({ partition }) => partition, figures: true, className: 'number' },
        { title: 'State', of: stateOf },
        { title: 'Lag, records', of: ({ lagRecords }) => count(lagRecords), figures: true },
        { title: 'Oldest waits', of: ({ lagSeconds }) => duration(lagSeconds), figures: true },
        {
          title: 'Committed/s',
          of: ({ progressPerSecond }) => rate(progressPerSecond),
          figures: true,
        },
        { title: 'Committed to', of: ({ committedOffset }) => count(committedOffset), figures: true },
        { title: 'End', of: ({ endOffset }) => count(endOffset), figures: true },
      ],
    }),
  );
}

function stateOf(partition: PartitionView): VNode {
  const word = partitionState(partition);
  const { stopped } = partition;
  return html`${state(word, partitionTone(word))}${
    stopped && html`<span class="why"><code title=${stopped.message}>${stopped.code}</code></span>`
  }`;
}
