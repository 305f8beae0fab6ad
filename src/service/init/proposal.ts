import { join } from 'node:path';
import { pathText } from '../../avro/plan.ts';
import { formatPath } from '../../config/fieldPath.ts';
import type { CardFeature, FeatureEntry } from '../../model/features.ts';
import { readFeatures } from '../../model/packOptions.ts';
import type { EventPlace } from '../eventPlaces.ts';
import { chooseOutputs } from './chooseOutputs.ts';
import { type AskedRequest, type InitFacts, nameOf } from './facts.ts';
import { nameFeatures, unplaced } from './featureRows.ts';
import { type NamedOutput, type OutputPlan, planOutput } from './outputSchema.ts';
import { type PlacedFeature, placeAll } from './placing.ts';
import type { Question } from './request.ts';

/** What init will write, and why. */
export interface Proposal {
  readonly name: string;
  /** The folder that everything goes into. */
  readonly out: string;
  readonly entries: readonly FeatureEntry[];
  readonly features: readonly PlacedFeature[];
  /** Where the names of the features come from. */
  readonly namesFrom: string;
  /** The score first. */
  readonly outputs: readonly NamedOutput[];
  readonly scoreWhy: string;
  readonly output: OutputPlan;
  /** What its author should know, one sentence each. */
  readonly notes: readonly string[];
}

export type Proposed =
  | { readonly kind: 'proposal'; readonly proposal: Proposal }
  /** Nothing is written before these are answered. */
  | { readonly kind: 'open'; readonly questions: readonly Question[] };

/** Proposes a pipeline for what was asked. Throws E-MODEL-PACK for a list of features that is none. */
export async function propose(request: AskedRequest, facts: InitFacts): Promise<Proposed> {
  const { model, event } = facts;
  const chosen = chooseOutputs(model, request.score, request.outputs);
  const named =
    request.features === undefined
      ? nameFeatures(model, event.places, request.yes)
      : { entries: await readFeatures(request.features), source: request.features, places: new Map() };
  const questions: Question[] = [];
  if ('flag' in chosen) questions.push(chosen);
  if ('flag' in named) return { kind: 'open', questions: [...questions, named] };
  const { features, faults } = unplaced(named.entries, model.inputs);
  if (faults.length > 0) return { kind: 'open', questions: [...questions, ...faults.map(asQuestion)] };
  const { places: known } = named;
  const { yes, places: given } = request;
  const { placed, open } = placeAll(features, { event: event.node, places: event.places, given, known, yes });
  questions.push(...open);
  if (questions.length > 0 || 'flag' in chosen) return { kind: 'open', questions };
  const output = planOutput(event.node, event.places, chosen.outputs);
  const name = nameOf(request);
  const proposal = {
    name,
    out: request.out ?? join('.', name),
    entries:
      request.features === undefined
        ? withSymbols(named.entries, features, placed, event.places)
        : named.entries,
    features: placed,
    namesFrom: named.source,
    outputs: chosen.outputs,
    scoreWhy: chosen.why,
    output,
    notes: notesOn(request, facts, placed, output),
  };
  return { kind: 'proposal', proposal };
}

/**
 * A text input that is fed from an enum takes the symbols of it: one that is added later is a dead letter, and does not stop a
 * model that was never trained on it.
 */
function withSymbols(
  entries: readonly FeatureEntry[],
  features: readonly CardFeature[],
  placed: readonly PlacedFeature[],
  places: readonly EventPlace[],
): FeatureEntry[] {
  return entries.map((entry) => {
    const isText = features.find(({ name }) => name === entry.name)?.type === 'string';
    const at = placed.find(({ name }) => name === entry.name);
    const [node] = places.find(({ text }) => at !== undefined && text === pathText(at.path))?.nodes ?? [];
    if (!isText || node?.kind !== 'enum') return entry;
    return { ...entry, categories: [...node.symbols] };
  });
}

function asQuestion(problem: string): Question {
  const fix = 'give --features with every column once, in the order that the model was trained on';
  return { flag: '--features', problem, fix, options: [], likely: false };
}

const SHOWN_FEATURES = 8;

function notesOn(
  { topic, subject, offline }: AskedRequest,
  { topic: there }: InitFacts,
  features: readonly PlacedFeature[],
  { id, time, otherTimes }: OutputPlan,
): string[] {
  const notes: string[] = [];
  const rejecting = features.filter(({ mayReject }) => mayReject).map(({ name }) => name);
  if (rejecting.length > 0) {
    const shown = rejecting.slice(0, SHOWN_FEATURES).join(', ');
    const more = rejecting.length > SHOWN_FEATURES ? ` and ${rejecting.length - SHOWN_FEATURES} more` : '';
    notes.push(
      `events may lack ${shown}${more}, and are then dead-lettered; if the model takes missing values, say so in a features.yaml: { name: ${rejecting[0]}, missing: nan }`,
    );
  }
  if (id === undefined)
    notes.push('no text field is named id: set input.id to the field that tells events apart');
  if (time === undefined)
    notes.push('no field is a timestamp: latency is counted from the record’s own time');
  else if (otherTimes.length > 0)
    notes.push(
      `the event’s time is ${time}, the first of several; input.time may be ${otherTimes.join(', ')}`,
    );
  if (subject !== undefined && subject !== `${topic}-value`)
    notes.push(
      `\`check --live\` looks at ${topic}-value; events are read by the schema id in them, whatever its subject`,
    );
  if (there === undefined && !offline)
    notes.push(`topic ${topic} does not exist yet; \`topics --apply\` makes it`);
  return notes;
}

/** Where a feature is, as people read it. */
export function placeText({ path }: PlacedFeature): string {
  return formatPath(path);
}
