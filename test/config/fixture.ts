import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import type { ConfigFault } from '../../src/config/faults.ts';
import { parseConfig } from '../../src/config/load.ts';

type Sections = Readonly<Record<string, unknown>>;

/** The least a pipeline file has to say. */
const LEAST: Sections = {
  pipeline: 'p',
  kafka: { brokers: ['localhost:9092'], group: 'g' },
  registry: { url: 'http://localhost:8081' },
  input: { topic: 'in' },
  model: { package: 'models/m' },
  output: { topic: 'out', schema: 'out.avsc', fields: { score: 'model.score' } },
  dead_letter: { topic: 'dead' },
};

/** Text of a valid file, with keys of sections replaced; a key that is undefined is left out. */
export function pipelineText(changes: Sections = {}): string {
  const merged: Record<string, unknown> = { ...LEAST };
  for (const [name, change] of Object.entries(changes)) {
    const base = merged[name];
    merged[name] = isMapping(base) && isMapping(change) ? { ...base, ...change } : change;
  }
  return stringify(JSON.parse(JSON.stringify(merged)));
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

export function parse(text: string, { env = {}, files = {} }: Surroundings = {}) {
  return parseConfig(text, 'pipeline.yaml', {
    env,
    readFile: (path) => (path in files ? { text: files[path]! } : { unreadable: 'does not exist' }),
  });
}

export function parsed(text: string, surroundings?: Surroundings) {
  const result = parse(text, surroundings);
  if (!result.ok) assert.fail(JSON.stringify(result.faults, null, 2));
  return result;
}

export function faultsOf(text: string, surroundings?: Surroundings): readonly ConfigFault[] {
  const result = parse(text, surroundings);
  assert.equal(result.ok, false, 'the file is refused');
  return result.ok ? [] : result.faults;
}

/** The only fault there is. */
export function onlyFault(text: string, surroundings?: Surroundings): ConfigFault {
  const faults = faultsOf(text, surroundings);
  assert.equal(faults.length, 1, JSON.stringify(faults, null, 2));
  return faults[0]!;
}
