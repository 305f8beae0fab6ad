/** Writes model.yaml for people: sections in reading order, one line per input, output and feature, the why beside the keys. */
import { Document, isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import type { CardInput, CardOutput, GoldenOrigin } from './card.ts';
import type { FeatureEntry } from './features.ts';

export interface CardText {
  readonly name: string;
  readonly version: string;
  readonly digests: Readonly<Record<string, string>>;
  readonly inputs: readonly CardInput[];
  readonly outputs: readonly CardOutput[];
  readonly tolerance: number;
  readonly origin: GoldenOrigin;
  readonly training: Readonly<Record<string, unknown>> | undefined;
  readonly features: readonly FeatureEntry[];
}

/** What golden vectors prove, by where they come from. */
const GOLDEN_NOTES: Readonly<Record<GoldenOrigin, string>> = {
  drawn:
    'Rows drawn within the declared ranges, outputs as this file gave them when it was packed: they guard against corruption, not against a wrong export.',
  'rows-given':
    'Rows given, outputs as this file gave them when it was packed: they guard against corruption on real rows, not against a wrong export.',
  'scores-given':
    'Rows and scores given from training, which this file matched within the tolerance when it was packed: they guard against corruption and a wrong export.',
};

const COMMENTS: Readonly<Record<string, string>> = {
  digests: ' SHA-256 of every other file of the package.',
  tolerance: ' Relative; ONNX Runtime’s floats differ a little with batch size and CPU.',
  features: ' In the model’s order. Where in the event a feature is, the pipeline’s YAML says.',
};

/** The text of model.yaml; the same for the same content. */
export function cardText(card: CardText): string {
  const document = new Document({
    name: card.name,
    version: card.version,
    inputs: card.inputs.map(({ name, type, shape }) => ({ name, type, shape })),
    outputs: Object.fromEntries(
      card.outputs.map(({ name, tensor, column }) => [
        name,
        column === undefined ? { tensor } : { tensor, column },
      ]),
    ),
    features: card.features.map((entry) => (Object.keys(entry).length === 1 ? entry.name : entry)),
    tolerance: card.tolerance,
    golden: { origin: card.origin, note: GOLDEN_NOTES[card.origin] },
    ...(card.training && { training: card.training }),
    digests: card.digests,
  });
  const root = document.contents as unknown as YAMLMap;
  for (const { key, value } of root.items) {
    if (isScalar(key)) key.commentBefore = COMMENTS[String(key.value)];
    if (!isScalar(key) || !['inputs', 'outputs', 'features'].includes(String(key.value))) continue;
    if (isSeq(value)) for (const item of value.items) if (isMap(item)) item.flow = true;
    if (isMap(value)) for (const item of value.items) if (isMap(item.value)) item.value.flow = true;
  }
  document.commentBefore =
    ' A model package: what the model takes, gives and was made of. Made by `tidemark model pack`.';
  return document.toString({ lineWidth: 0 });
}
