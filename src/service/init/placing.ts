/** Where in the events each feature is: found, given, or asked for. */
import { takesValue } from '../../avro/featureCode.ts';
import { analyseSchema } from '../../avro/rowReader.ts';
import { type AvroNode, typeName } from '../../avro/schema.ts';
import { formatPath, parseFieldPath } from '../../config/fieldPath.ts';
import { nearestWord } from '../../config/nearest.ts';
import type { FeaturePlan, FieldPath } from '../../pipeline/ports.ts';
import type { EventPlace } from '../eventPlaces.ts';
import { type Match, matchPlace } from './matching.ts';
import type { Question } from './request.ts';

export interface PlacedFeature {
  readonly name: string;
  readonly path: FieldPath;
  /** How the place was found, in words. */
  readonly how: string;
  /** Null or nothing may stand there, and then the event is rejected. */
  readonly mayReject: boolean;
}

export interface Placing {
  readonly placed: readonly PlacedFeature[];
  readonly open: readonly Question[];
}

export interface PlacingRequest {
  readonly event: AvroNode;
  readonly places: readonly EventPlace[];
  /** Given on the command line, as text. */
  readonly given: Readonly<Record<string, string>>;
  /** Known from where the names come from. */
  readonly known: ReadonlyMap<string, EventPlace>;
  /** Whether what is likely is taken. */
  readonly yes: boolean;
}

const HOW = {
  name: 'its name',
  spelling: 'its name, spelled otherwise',
  ending: 'the only field that ends so',
} as const;

export function placeAll(features: readonly FeaturePlan[], request: PlacingRequest): Placing {
  const placed: PlacedFeature[] = [];
  const open: Question[] = unknownNames(features, request);
  for (const feature of features) {
    const found = placeOne(feature, request);
    if ('flag' in found) open.push(found);
    else placed.push(found);
  }
  return { placed, open: [...open, ...takenTwice(placed, request)] };
}

/** `--place` for a feature that the model does not have is a slip of the hand. */
function unknownNames(features: readonly FeaturePlan[], { given }: PlacingRequest): Question[] {
  const names = features.map(({ name }) => name);
  return Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => {
      const near = nearestWord(name, names);
      const fix = near === undefined ? `give one of ${shownNames(names)}` : `did you mean ${near}?`;
      return {
        flag: '--place',
        problem: `--place ${name}: the model has no such feature`,
        fix,
        options: [],
        likely: false,
      };
    });
}

function placeOne(feature: FeaturePlan, request: PlacingRequest): PlacedFeature | Question {
  const { name, missing } = feature;
  const text = request.given[name];
  if (text !== undefined) return placeGiven(feature, text, request);
  const fits = (place: EventPlace) => place.nodes.some((node) => takesValue(feature, node));
  const known = request.known.get(name);
  const match: Match =
    known === undefined
      ? matchPlace(name, request.places, fits)
      : { kind: 'found', place: known, how: 'name' };
  const at = ({ path, nullable }: EventPlace, how: string): PlacedFeature => {
    return { name, path, how, mayReject: nullable && missing === 'reject' };
  };
  switch (match.kind) {
    case 'found':
      return at(match.place, known === undefined ? HOW[match.how] : 'the order of the schema');
    case 'near':
      if (request.yes) return at(match.place, match.why);
      return ask(
        name,
        `the field for feature ${name} is likely ${match.place.text} (${match.why}), but not certainly`,
        [match.place],
        true,
      );
    case 'ambiguous':
      return ask(
        name,
        `feature ${name} may be ${match.places.map((place) => place.text).join(' or ')}`,
        match.places,
        false,
      );
    case 'unfit':
      return askForRule(feature, match.place);
    case 'none':
      return askForPlace(name, request.event);
    default:
      return match satisfies never;
  }
}

/** A place that somebody named: proved as `check` proves it. */
function placeGiven(
  feature: FeaturePlan,
  text: string,
  { event, places }: PlacingRequest,
): PlacedFeature | Question {
  const { name, missing } = feature;
  const path = parseFieldPath(text);
  if (path === undefined) {
    const problem = `--place ${name}=${text} is no place in an event`;
    return { ...ask(name, problem, [], false), fix: 'write it as field.inner, list[0] or map["key"]' };
  }
  const [fault] = analyseSchema(event, { features: [{ ...feature, path }], carried: [] });
  if (fault === undefined || (!fault.blocks && !fault.absent)) {
    const known = places.find((place) => place.text === text);
    return { name, path, how: 'given', mayReject: missing === 'reject' && (known?.nullable ?? true) };
  }
  const near = nearestWord(
    text,
    places.map((place) => place.text),
  );
  const question = ask(name, `--place ${name}=${text}: ${fault.problem}`, [], false);
  return { ...question, fix: `give ${fault.expected}${near === undefined ? '' : `; did you mean ${near}?`}` };
}

/** The place is known, and what is there becomes a feature only by a rule that nobody can know but whoever trained. */
function askForRule(feature: FeaturePlan, place: EventPlace): Question {
  const { name, type } = feature;
  const what = place.nodes.map((node) => typeName(node)).join(' or ');
  const symbols = place.nodes.flatMap((node) => (node.kind === 'enum' ? node.symbols : []));
  const problem = `feature ${name} is ${place.text}, which holds ${what}, and the model's input holds ${type}`;
  if (type === 'string' || feature.categories !== undefined)
    return { ...ask(name, problem, [], false), fix: `give --place ${name}=PLACE of a text` };
  const list = symbols.length === 0 ? 'A, B, ...' : symbols.join(', ');
  return {
    flag: '--features',
    problem,
    fix: `write \`- { name: ${name}, categories: [${list}] }\` in a features.yaml, with the texts in the order that the training numbered them, and give --features features.yaml`,
    options: [],
    likely: false,
  };
}

/** Keys of maps are in no schema, so a feature that is one of them cannot be found. */
function askForPlace(name: string, event: AvroNode): Question {
  const question = ask(name, `no field of the events is named like feature ${name}`, [], false);
  const fields = event.kind === 'record' ? event.fields : [];
  const map = fields.find(({ type }) => type.kind === 'map')?.name;
  if (map === undefined) return question;
  return { ...question, fix: `${question.fix}, for a key of the map ${quoted(`${name}=${map}["KEY"]`)}` };
}

function ask(feature: string, problem: string, places: readonly EventPlace[], likely: boolean): Question {
  const options = places.map(({ path }) => formatPath(path));
  const [first = 'PLACE'] = options;
  const fix = `give --place ${quoted(`${feature}=${options.length === 1 ? first : 'PLACE'}`)}`;
  return { flag: '--place', feature, problem, fix, options, likely };
}

/** Two features that nobody placed and that found the same field: one of them is meant otherwise. */
function takenTwice(placed: readonly PlacedFeature[], { given }: PlacingRequest): Question[] {
  const first = new Map<string, string>();
  return placed.flatMap(({ name, path }) => {
    const place = formatPath(path);
    const other = first.get(place);
    first.set(place, other ?? name);
    if (other === undefined || name in given || other in given) return [];
    return [ask(name, `features ${other} and ${name} both look like ${place}`, [], false)];
  });
}

const SHOWN_NAMES = 12;

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).join(', ');
  return names.length > SHOWN_NAMES ? `${shown}, ...` : shown;
}

/** As a shell takes it. */
function quoted(text: string): string {
  return /^[\w.,:/=@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
