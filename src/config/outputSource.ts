import { FIELD_PATH_PATTERN, type FieldPath, parseFieldPath } from './fieldPath.ts';
import { nearestWord } from './nearest.ts';

/** Where the value of one output field comes from. */
export type OutputSource =
  | { readonly from: 'event'; readonly path: FieldPath }
  /** An output named in model.yaml. */
  | { readonly from: 'model'; readonly output: string }
  | { readonly from: 'model-name' | 'model-version' | 'model-digest' }
  | { readonly from: 'decision' }
  | { readonly from: 'record'; readonly fact: 'topic' | 'partition' | 'offset' | 'timestamp' }
  | { readonly from: 'scored-at' };

/** The sources that are words of their own. */
const WORDS: ReadonlyMap<string, OutputSource> = new Map<string, OutputSource>([
  ['model.name', { from: 'model-name' }],
  ['model.version', { from: 'model-version' }],
  ['model.digest', { from: 'model-digest' }],
  ['decision', { from: 'decision' }],
  ['record.topic', { from: 'record', fact: 'topic' }],
  ['record.partition', { from: 'record', fact: 'partition' }],
  ['record.offset', { from: 'record', fact: 'offset' }],
  ['record.timestamp', { from: 'record', fact: 'timestamp' }],
  ['scored_at', { from: 'scored-at' }],
]);

const MODEL_OUTPUT = 'model\\.[A-Za-z_][A-Za-z0-9_-]*';
const EVENT_FIELD = `event\\.${FIELD_PATH_PATTERN}`;

export const OUTPUT_SOURCE_EXPECTED =
  'a source: event.<field>, model.<output>, model.name, model.version, model.digest, decision, ' +
  'record.topic, record.partition, record.offset, record.timestamp or scored_at';
export const OUTPUT_SOURCE_PATTERN = `^(?:${EVENT_FIELD}|${MODEL_OUTPUT}|decision|record\\.(?:topic|partition|offset|timestamp)|scored_at)$`;

const WHOLE_MODEL_OUTPUT = new RegExp(`^${MODEL_OUTPUT}$`);

/** Reads `event.a.b[0]`, `model.score`, `record.offset`, ...; undefined when the text is not such a source. */
export function parseOutputSource(text: string): OutputSource | undefined {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (WHOLE_MODEL_OUTPUT.test(text)) return { from: 'model', output: text.slice('model.'.length) };
  if (!text.startsWith('event.')) return undefined;
  const path = parseFieldPath(text.slice('event.'.length));
  return path && { from: 'event', path };
}

/** What was probably meant by text that is no source: a word with a slip in it, or a name without `event.` or `model.`. */
export function suggestOutputSource(text: string): string | undefined {
  const word = nearestWord(text, [...WORDS.keys()]);
  if (word !== undefined) return word;
  const dot = text.indexOf('.');
  if (dot === -1) return parseFieldPath(text) && `event.${text} or model.${text}`;
  const owner = nearestWord(text.slice(0, dot), ['event', 'model', 'record']);
  const meant = owner === undefined ? `event.${text}` : `${owner}${text.slice(dot)}`;
  return parseOutputSource(meant) && meant;
}
