import type { InitFacts } from '../service/init/facts.ts';
import { type Proposal, placeText } from '../service/init/proposal.ts';
import { counted } from '../service/words.ts';
import { paint } from './output.ts';

/** What init found and chose, and why, for people. */
export function proposalText(proposal: Proposal, { model, event, topic }: InitFacts): string {
  const { features, namesFrom, outputs, scoreWhy, output, notes } = proposal;
  const out = process.stdout;
  const width = Math.max(...features.map(({ name }) => name.length));
  const placeWidth = Math.max(...features.map((feature) => placeText(feature).length));
  const [score, ...further] = outputs;
  const facts = [
    ['model', `${model.file}, ${counted(model.inputs.length, 'input')}`],
    ['events', event.source],
    ...(topic === undefined
      ? []
      : [['topic', `${counted(topic.partitions, 'partition')}, ${counted(topic.records, 'record')}`]]),
    [
      'score',
      `${score!.tensor}${score!.column === undefined ? '' : `, column ${score!.column}`} (${scoreWhy})`,
    ],
    ...(further.length === 0 ? [] : [['outputs', further.map(({ name }) => name).join(', ')]]),
    ...(output.id === undefined ? [] : [['id', output.id]]),
    ...(output.time === undefined ? [] : [['time', output.time]]),
    ['published', output.fields.map(([field]) => field).join(', ')],
    ['features', `${features.length}, named by ${namesFrom}`],
  ];
  const lines = features.map(
    (feature) =>
      `  ${feature.name.padEnd(width)}  ${placeText(feature).padEnd(placeWidth)}  ${paint('dim', feature.how, out)}`,
  );
  return [
    ...facts.map(([what, detail]) => `${paint('bold', what!.padEnd(10), out)} ${detail}`),
    ...lines,
    ...notes.map((note) => `${paint('yellow', '!', out)} ${note}`),
    '',
  ].join('\n');
}
