/**
 * The journey of somebody who writes every file by hand: from an ONNX file of their own to scored events, with YAML alone. The
 * events have nested records, optional fields, an enum, a boolean, an array, a map and a decimal; scores are those of sklearn.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { parseDocument } from 'yaml';
import { setKeys, temporaryFolder } from '../support/cardFraud.ts';
import { readScored, type ScoredEvent } from '../support/scored.ts';
import { readAll, sharedStack, uniqueName } from '../support/stack.ts';
import { scoreUntilEnd, TidemarkProcess } from '../support/tidemark.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const OWN = 'test/fixtures/own';
const EVENTS = 60;
const TOLERANCE = 1e-5;

const scores: Readonly<Record<string, number>> = JSON.parse(
  readFileSync(join(ROOT, OWN, 'scores.json'), 'utf8'),
);
const eventLines = readFileSync(join(ROOT, OWN, 'events.jsonl'), 'utf8')
  .trimEnd()
  .split('\n');

interface OwnPipeline {
  readonly file: string;
  readonly folder: string;
  readonly topic: string;
}

async function tidemark(t: TestContext, ...args: string[]): Promise<string> {
  return (await new TidemarkProcess(t, args).endsWith(0)).stdout;
}

async function produce(topic: string, file: string): Promise<void> {
  const { brokers, registryUrl } = await sharedStack();
  const env = { ...process.env, TIDEMARK_BROKERS: brokers.join(','), TIDEMARK_REGISTRY_URL: registryUrl };
  const args = ['--topic', topic, '--schema', `${OWN}/biopsy.avsc`, '--key', 'sample_id', file];
  await promisify(execFile)(process.execPath, ['tools/produce.ts', ...args], { cwd: ROOT, env });
}

/** Packs the model, writes the pipeline's file, makes what it needs, and proves it. */
async function ownPipeline(t: TestContext, model: string): Promise<OwnPipeline> {
  const folder = temporaryFolder(t);
  const { brokers, registryUrl } = await sharedStack();
  const asked = ['--name', 'biopsy', '--version', '1.0.0', '--features', `${OWN}/features.yaml`];
  const given = ['--score', 'probabilities:1', '--golden', `${OWN}/golden-rows.json`, '--out', folder];
  const packed = await tidemark(t, 'model', 'pack', `${OWN}/${model}`, ...asked, ...given);
  assert.match(packed, /20 rows given with scores: the model matches its training/);

  const topic = uniqueName('biopsies');
  const document = parseDocument(readFileSync(join(ROOT, OWN, 'biopsies.yaml'), 'utf8'));
  setKeys(document, {
    'kafka.brokers': brokers,
    'kafka.group': topic,
    'registry.url': registryUrl,
    'input.topic': topic,
    'model.package': join(folder, 'biopsy', '1.0.0'),
    'output.topic': `${topic}.scored`,
    'dead_letter.topic': `${topic}.dead-letter`,
    http: 'off',
  });
  const file = join(folder, 'biopsies.yaml');
  writeFileSync(file, document.toString());
  assert.match(await tidemark(t, 'check', '-c', file), /35 features and 9 output fields/);
  const made = await tidemark(t, 'topics', '-c', file, '--apply', '--partitions', '3');
  assert.equal(made.match(/^made /gm)?.length, 5, made);
  assert.match(await tidemark(t, 'check', '-c', file, '--live'), /holds together/);
  return { file, folder, topic };
}

function assertScored(events: readonly ScoredEvent[]): void {
  assert.equal(events.length, EVENTS);
  const sent = new Map(eventLines.map((line) => JSON.parse(line)).map((event) => [event.sample_id, event]));
  for (const { record, value } of events) {
    const event = sent.get(value.sample_id);
    const score = scores[String(value.sample_id)]!;
    // Below a tenth float32 is off by what it is off at 1: the packages' own measure.
    const allowed = TOLERANCE * Math.max(score, 0.1);
    const { benign, ...rest } = value as { benign: number };
    assert.ok(Math.abs(benign - score) <= allowed, `${benign} is not ${score}, which sklearn gives`);
    assert.deepEqual(
      { ...rest, dose: Buffer.from(value.dose as Uint8Array).toString('latin1') },
      {
        sample_id: event.sample_id,
        patient_id: event.patient.id,
        age: event.patient.age?.int ?? null,
        side: event.side,
        dose: event.dose,
        ca_15_3: event.labs['ca 15-3'] ?? null,
        verdict: score >= 0.8 ? 'benign' : score >= 0.2 ? 'unclear' : 'malignant',
        model: '1.0.0',
      },
    );
    assert.equal(record.key?.toString(), event.sample_id);
    assert.equal(record.headers['model-name'], 'biopsy');
  }
}

for (const model of ['matrix.onnx', 'frame.onnx']) {
  test(`a pipeline of one's own needs YAML alone: ${model} scores as sklearn does`, async (t) => {
    const { file, topic } = await ownPipeline(t, model);
    await produce(topic, `${OWN}/events.jsonl`);
    const { scored, deadLettered, skipped } = await scoreUntilEnd(t, file);
    assert.deepEqual({ scored, deadLettered, skipped }, { scored: EVENTS, deadLettered: 0, skipped: 0 });
    assertScored(await readScored(`${topic}.scored`));
  });
}

test('events of one’s own that break the package’s rules are dead-lettered with the rule they break', async (t) => {
  const { file, folder, topic } = await ownPipeline(t, 'matrix.onnx');
  const event = JSON.parse(eventLines[0]!);
  const broken: readonly [code: string, detail: RegExp, event: object][] = [
    ['E-FEATURE-MISSING', /worst_radius \(worst\.radius\)/, { ...event, worst: null }],
    ['E-FEATURE-MISSING', /thickness \(thickness\[0\]\)/, { ...event, thickness: [] }],
    ['E-FEATURE-RANGE', /thickness \(thickness\[0\]\) .*\[0, 60\]/, { ...event, thickness: [61] }],
  ];
  const lines = broken.map(([, , one]) => JSON.stringify(one));
  writeFileSync(join(folder, 'broken.jsonl'), [...lines, eventLines[1]].join('\n'));
  await produce(topic, join(folder, 'broken.jsonl'));
  const { scored, deadLettered } = await scoreUntilEnd(t, file);
  assert.deepEqual({ scored, deadLettered }, { scored: 1, deadLettered: broken.length });
  const letters = await readAll(`${topic}.dead-letter`);
  for (const [code, detail] of broken) {
    const found = letters.some(
      ({ headers }) => headers['error-code'] === code && detail.test(headers['error-detail'] ?? ''),
    );
    assert.ok(found, `${code} ${detail}: ${JSON.stringify(letters.map(({ headers }) => headers))}`);
  }
});
