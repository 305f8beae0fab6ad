import type { VNode } from 'preact';
import type { GroupMemberView, GroupPartitionView, GroupView } from '../../http/api/group.ts';
import { clockTime, count, duration, rate } from '../format.ts';
import { html } from '../html.ts';
import { panel, state, table } from '../parts.ts';
import { ranges } from '../ranges.ts';
import type { Tone } from '../verdict.ts';

/** The whole group, by what Kafka itself knows of it. */
export function group(view: GroupView, held: readonly number[]): VNode {
  const { members, partitions, lookedAtMs, fault } = view;
  const looked =
    lookedAtMs === null ? 'Kafka was not reached yet' : `by Kafka’s own data at ${clockTime(lookedAtMs)}`;
  const isOwn = (of: readonly number[]) => of.some((partition) => held.includes(partition));
  return panel(
    { id: 'group', title: 'The whole group', note: `${view.group}, ${looked}` },
    fault !== null &&
      html`<p class="fault">Kafka could not be asked: ${fault.message} <code>${fault.code}</code></p>`,
    html`<p class="line">${sentence(view)}</p>`,
    html`<div class="columns">
      ${table<GroupMemberView>({
        caption: 'Members of the group',
        rows: members,
        keyOf: ({ memberId }) => memberId,
        classOf: (member) => (isOwn(member.partitions) ? 'own' : ''),
        none: 'The group has no members.',
        columns: [
          {
            title: 'Member',
            of: (member) => memberName(member, isOwn(member.partitions)),
            className: 'name',
          },
          { title: 'Partitions', of: (member) => ranges(member.partitions), className: 'list' },
          { title: 'Lag, records', of: ({ lag }) => count(lag), figures: true },
          { title: 'Arriving/s', of: ({ arrivalPerSecond }) => rate(arrivalPerSecond), figures: true },
          { title: 'Committed/s', of: ({ progressPerSecond }) => rate(progressPerSecond), figures: true },
        ],
      })}
      ${table<GroupPartitionView>({
        caption: 'Partitions of the topic, the most behind first',
        rows: [...partitions].sort((a, b) => urgency(b) - urgency(a) || a.partition - b.partition),
        keyOf: ({ partition }) => partition,
        classOf: ({ partition }) => (held.includes(partition) ? 'own' : ''),
        none: 'The topic has no partitions that Kafka would tell of.',
        columns: [
          { title: 'Partition', of: ({ partition }) => partition, figures: true, className: 'number' },
          { title: 'State', of: stateOf },
          { title: 'Lag, records', of: ({ lag }) => count(lag), figures: true },
          { title: 'Oldest waits', of: oldest, figures: true },
          { title: 'Arriving/s', of: ({ arrivalPerSecond }) => rate(arrivalPerSecond), figures: true },
          { title: 'Committed/s', of: ({ progressPerSecond }) => rate(progressPerSecond), figures: true },
        ],
      })}
    </div>`,
  );
}

type PartitionWord = GroupPartitionView['state'];

const WORDS: Record<PartitionWord, string> = {
  idle: 'idle',
  'keeping-up': 'keeping up',
  behind: 'behind',
  stuck: 'stuck',
  'no-owner': 'no owner',
  unknown: 'unknown',
};
const TONES: Record<PartitionWord, Tone> = {
  idle: 'quiet',
  'keeping-up': 'good',
  behind: 'watch',
  stuck: 'bad',
  'no-owner': 'bad',
  unknown: 'quiet',
};
const ORDER: readonly Tone[] = ['quiet', 'good', 'watch', 'bad'];

function urgency(partition: GroupPartitionView): number {
  return ORDER.indexOf(toneOf(partition)) * 1e16 + (partition.lag ?? 0);
}

function toneOf({ state: word, stopped }: GroupPartitionView): Tone {
  return stopped === null ? TONES[word] : 'bad';
}

/** Its state, and why it waits where Kafka or this replica knows. */
function stateOf(partition: GroupPartitionView): VNode {
  const { state: word, stopped, openTransaction, leader } = partition;
  const why =
    stopped !== null
      ? html`<code title=${stopped.message}>${stopped.code}</code>`
      : openTransaction
        ? 'open transaction'
        : leader === null && 'no leader';
  return html`${state(stopped === null ? WORDS[word] : 'stopped', toneOf(partition))}${
    why && html`<span class="why">${why}</span>`
  }`;
}

function sentence(view: GroupView): string {
  const { state: word, members, partitions, arrivalPerSecond, progressPerSecond } = view;
  if (word === 'unknown') return 'Nothing is known of the group yet.';
  const who = `${members.length} ${members.length === 1 ? 'member' : 'members'}`;
  const flow = `${rate(arrivalPerSecond)} records/s arrive, ${rate(progressPerSecond)} are committed`;
  return `${who}, ${partitions.length} partitions, ${word}. ${flow}; ${waiting(view)}.`;
}

/** While all partitions keep up, what waits is what is on its way, and no rate says when it would be gone. */
function waiting({ partitions, lag, arrivalPerSecond, drainSeconds }: GroupView): string {
  if (lag === 0) return 'nothing waits';
  const wait = `${count(lag)} wait`;
  if (partitions.every(({ state }) => state === 'keeping-up' || state === 'idle'))
    return `${wait}: it keeps up`;
  if (arrivalPerSecond === null) return wait;
  if (drainSeconds === null) return `${wait}: at this rate it will never be gone`;
  return `${wait}: gone in ${duration(drainSeconds)} at this rate`;
}

function memberName({ memberId, instanceId, clientId, host }: GroupMemberView, isOwn: boolean): VNode {
  // Without a name of its own, the end of its member id tells it from others on its host.
  const name = instanceId ?? `${clientId} ·${memberId.slice(-4)}`;
  return html`<span title=${memberId}>${name}</span> <span class="quiet">${host.replace(/^\//, '')}</span>${
    isOwn && html` <span class="tag">this replica</span>`
  }`;
}

function oldest({ lagSeconds, lagSecondsIsLeast }: GroupPartitionView): string {
  const waited = duration(lagSeconds);
  return lagSecondsIsLeast && lagSeconds !== null ? `≥ ${waited}` : waited;
}
