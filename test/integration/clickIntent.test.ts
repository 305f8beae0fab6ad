/** The pipeline of config/click-intent.yaml: what it publishes is what ONNX Runtime alone says of each click. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import avro from 'avsc';
import * as ort from 'onnxruntime-node';
import { parse, parseDocument } from 'yaml';
import { deviceKinds, pageKinds, type SimulatedClick } from '../../tools/simulator/clicks/click.ts';
import { features } from '../../tools/simulator/clicks/features.ts';
import { simulateClicks } from '../../tools/simulator/clicks/simulate.ts';
import { setKeys, temporaryFolder } from '../support/cardFraud.ts';
import { readScored } from '../support/scored.ts';
import {
  createTopic,
  framed,
  produce,
  readAll,
  registerSchema,
  sharedStack,
  uniqueName,
} from '../support/stack.ts';
import { scoreUntilEnd } from '../support/tidemark.ts';

/** model.yaml: floats differ a little with batch size and CPU. */
const TOLERANCE = 1e-5;
const EVENT_TIME = 1_790_000_000_000;

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const clickType = avro.Type.forSchema(JSON.parse(text('schemas/click.avsc')));

interface Rule {
  readonly name: string;
  readonly missing?: string | number;
  readonly categories?: readonly string[];
  readonly unknown?: string;
}

const rules: readonly Rule[] = parse(text('tools/train/clicks/features.yaml')).map((rule: string | Rule) =>
  typeof rule === 'string' ? { name: rule } : rule,
);

/** Browse, compare and buy for each click, by ONNX Runtime alone, one row at a time. */
async function probabilitiesOf(clicks: readonly SimulatedClick[]): Promise<number[][]> {
  const session = await ort.InferenceSession.create(
    readFileSync(new URL('../../models/click-intent/1.0.0/model.onnx', import.meta.url)),
    { intraOpNumThreads: 1, logSeverityLevel: 3 },
  );
  try {
    const found: number[][] = [];
    for (const click of clicks) {
      const { probabilities } = await session.run(feedsOf(click), ['probabilities']);
      found.push([...(probabilities!.data as Float32Array)]);
    }
    return found;
  } finally {
    await session.release();
  }
}

function feedsOf(click: SimulatedClick): Record<string, ort.Tensor> {
  return Object.fromEntries(
    rules.map(({ name, missing, categories, unknown }) => {
      const value = features[name]!(click) ?? missing;
      if (categories === undefined)
        return [name, new ort.Tensor('float32', Float32Array.of(Number(value)), [1, 1])];
      const word = categories.includes(String(value)) ? String(value) : unknown!;
      return [name, new ort.Tensor('string', [word], [1, 1])];
    }),
  );
}

interface Pipeline {
  readonly file: string;
  readonly topic: string;
  send(clicks: readonly object[]): Promise<void>;
}

async function newPipeline(t: TestContext): Promise<Pipeline> {
  const { brokers, registryUrl } = await sharedStack();
  const topic = uniqueName('clicks');
  const document = parseDocument(text('config/click-intent.yaml'));
  setKeys(document, {
    'kafka.brokers': brokers,
    'kafka.group': topic,
    'registry.url': registryUrl,
    'input.topic': topic,
    'output.topic': `${topic}.scored`,
    'dead_letter.topic': `${topic}.dead-letter`,
    http: 'off',
  });
  const file = join(temporaryFolder(t), 'click-intent.yaml');
  writeFileSync(file, document.toString());
  for (const name of [topic, `${topic}.scored`]) await createTopic(name, 3);
  await createTopic(`${topic}.dead-letter`, 1);
  const schemaId = await registerSchema(`${topic}-value`, text('schemas/click.avsc'));
  await registerSchema(`${topic}.scored-value`, text('schemas/scored-click.avsc'));
  const send = (clicks: readonly object[]) =>
    produce(
      topic,
      clicks.map((click) => ({
        key: (click as SimulatedClick).session_id,
        value: framed(schemaId, clickType.toBuffer({ ...click, event_time: EVENT_TIME })),
      })),
    );
  return { file, topic, send };
}

const decisionOf = (buy: number) => (buy >= 0.5 ? 'assist' : buy >= 0.25 ? 'watch' : 'leave');

test('every click gets the three probabilities that ONNX Runtime gives its row', async (t) => {
  const pipeline = await newPipeline(t);
  const clicks = [...simulateClicks({ seed: 11, days: 12, visitors: 400 })].slice(-1500);
  // What makes this pipeline worth showing is all there: nulls at every depth, short arrays, unknown countries, every symbol.
  for (const [what, holds] of Object.entries<(click: SimulatedClick) => boolean>({
    'no visitor': ({ visitor }) => visitor === null,
    'a first visit': ({ visitor }) => visitor?.days_since_last === null,
    'a cart': ({ cart }) => cart !== null,
    'no page before': ({ recent_pages }) => recent_pages.length === 0,
    'one page before': ({ recent_pages }) => recent_pages.length === 1,
    'no price yet': ({ recent_prices }) => recent_prices.length === 0,
    'a country the model does not know': ({ country }) =>
      !rules.find(({ name }) => name === 'country')!.categories!.includes(country),
    ...Object.fromEntries(pageKinds.map((kind) => [kind, ({ page }) => page === kind])),
    ...Object.fromEntries(deviceKinds.map((kind) => [kind, ({ device }) => device.kind === kind])),
  })) {
    assert.ok(clicks.some(holds), what);
  }
  await pipeline.send(clicks);
  const { scored, deadLettered, skipped } = await scoreUntilEnd(t, pipeline.file);
  assert.deepEqual({ scored, deadLettered, skipped }, { scored: 1500, deadLettered: 0, skipped: 0 });

  const events = await readScored(`${pipeline.topic}.scored`);
  assert.equal(events.length, 1500);
  const expected = await probabilitiesOf(clicks);
  const at = new Map(clicks.map(({ click_id }, index) => [click_id, index]));
  const decisions = new Set<unknown>();
  for (const { record, value } of events) {
    const index = at.get(value.click_id as string)!;
    const click = clicks[index]!;
    const { browse, compare, buy, scored_at, ...rest } = value as Record<string, number>;
    const found = [browse!, compare!, buy!];
    found.forEach((probability, column) => {
      const alone = expected[index]![column]!;
      const allowed = TOLERANCE * Math.max(alone, 0.1);
      assert.ok(
        Math.abs(probability - alone) <= allowed,
        `${click.click_id}: ${found}, alone ${expected[index]}`,
      );
    });
    assert.ok(Math.abs(browse! + compare! + buy! - 1) < 1e-5, String(found));
    assert.deepEqual(rest, {
      click_id: click.click_id,
      session_id: click.session_id,
      event_time: EVENT_TIME,
      simulated_time: click.simulated_time,
      page: click.page,
      clicks: click.session.clicks,
      referrer: click.referrer,
      decision: decisionOf(buy!),
      model_version: '1.0.0',
    });
    assert.ok(scored_at! > 0);
    assert.equal(record.key?.toString(), click.session_id);
    assert.equal(record.headers['model-name'], 'click-intent');
    decisions.add(value.decision);
  }
  assert.deepEqual([...decisions].sort(), ['assist', 'leave', 'watch']);
});

test('a click that upstream got wrong is a dead letter that names the feature; its neighbours are scored', async (t) => {
  const pipeline = await newPipeline(t);
  const [first, second, third] = simulateClicks({ seed: 12, days: 2, visitors: 100 });
  const wrong = [
    { ...first, hour: 24 },
    { ...second, cart: { items: 1, value: -1 } },
    { ...second, recent_prices: [1, 2, Number.POSITIVE_INFINITY] },
  ];
  await pipeline.send([first!, ...wrong, third!]);
  const { scored, deadLettered } = await scoreUntilEnd(t, pipeline.file);
  assert.deepEqual({ scored, deadLettered }, { scored: 2, deadLettered: 3 });
  const letters = await readAll(`${pipeline.topic}.dead-letter`);
  const within = [
    'hour is not a number within [0, 23]',
    'cart_value (cart.value) is not a number of at least 0',
    'third_price (recent_prices[2]) is not a number within [0, 100000]',
  ];
  const told = letters.map(({ headers }) => `${headers['error-code']}: ${headers['error-detail']}`).sort();
  assert.deepEqual(told, within.map((detail) => `E-FEATURE-RANGE: ${detail}`).sort());
});
