import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { createPipeline, type PipelineDefinition, TidemarkError } from '../../src/index.ts';
import { cardFraudYaml, freshNames, type Settings, temporaryFolder } from '../support/cardFraud.ts';
import { waitFor } from '../support/stack.ts';

/** Nobody listens on either. */
const NOWHERE = { brokers: ['localhost:1'], registryUrl: 'http://localhost:1' };

function definition(settings: Settings = {}): PipelineDefinition {
  return parse(cardFraudYaml(freshNames(), NOWHERE, settings));
}

function faultOf(create: () => unknown): TidemarkError {
  try {
    create();
  } catch (fault) {
    assert.ok(fault instanceof TidemarkError, String(fault));
    return fault;
  }
  throw new Error('it was taken');
}

const FAULTY: Settings = {
  'kafka.group': undefined,
  'batching.max_rows': 0,
  'input.start': 'yesterday',
  'output.partitoner': 'key',
};

test('all faults of an object are thrown as one error, each with its path, what was expected and the nearest word', () => {
  const { code, message } = faultOf(() => createPipeline(definition(FAULTY)));
  assert.equal(code, 'E-CONFIG');
  assert.match(message, /kafka\.group is missing\n {4}expected /);
  assert.match(message, /batching\.max_rows is not valid: 0/);
  assert.match(message, /input\.start is not valid: "yesterday"/);
  assert.match(message, /output\.partitoner is not a known key\n.*\n {4}did you mean partitioner\?/);
  assert.match(message, /4 faults in the definition$/);
  assert.doesNotMatch(message, /definition:\d/);
});

test('faults of a file have their lines, and a file that is not there is told', (t) => {
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  writeFileSync(file, cardFraudYaml(freshNames(), NOWHERE, FAULTY));
  const { code, message } = faultOf(() => createPipeline(file));
  assert.equal(code, 'E-CONFIG');
  assert.match(message, /pipeline\.yaml:\d+:\d+ {2}output\.partitoner is not a known key/);
  assert.match(faultOf(() => createPipeline('/no/such.yaml')).message, /such\.yaml.*does not exist/);
});

test('what is no plain data is refused in a sentence', () => {
  const circular: Record<string, unknown> = { ...definition() };
  circular.kafka = circular;
  const { message } = faultOf(() => createPipeline(circular as never));
  assert.match(message, /The definition cannot be written as JSON: Converting circular structure/);
  for (const nothing of [null, [], {}, undefined, 3])
    assert.match(faultOf(() => createPipeline(nothing as never)).message, /expected a mapping|is missing/);
});

test('parts that do not fit reject start and done with E-CONTRACT; the logger and health tell it', async () => {
  const told: [facts: object, message: string][] = [];
  const quiet = () => {};
  const logger = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (...line: [object, string]) => told.push(line),
  };
  const pipeline = createPipeline(definition({ 'model.package': 'models/none' }), { logger });
  const isContract = ({ code, message }: TidemarkError) =>
    code === 'E-CONTRACT' && /models\/none/.test(message);
  await assert.rejects(pipeline.start(), isContract);
  await assert.rejects(pipeline.done, isContract);
  const { alive, ready } = pipeline.health();
  assert.deepEqual([alive.ok, ready.ok, alive.state], [false, false, 'stopped']);
  assert.deepEqual(
    told.map(([facts]) => (facts as { event: string }).event),
    ['fatal'],
  );
});

/** A service that embeds a pipeline of `given` and does what `text` says with `pipeline`; never calls process.exit. */
function host(t: TestContext, given: PipelineDefinition, text: string): ChildProcessWithoutNullStreams {
  const index = new URL('../../src/index.ts', import.meta.url).href;
  const script = `
    import { createPipeline } from ${JSON.stringify(index)};
    const pipeline = createPipeline(${JSON.stringify(given)});
    ${text}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  t.after(() => child.kill('SIGKILL'));
  return child;
}

for (const client of ['native', 'kafkajs']) {
  test(`stopped while it waits for broker and registry, nothing of it keeps the process up (${client})`, async (t) => {
    // The registry is asked first where the event's schema is not given.
    const waits = [definition({ 'kafka.client': client }), definition({ 'input.schema': undefined })];
    for (const given of client === 'native' ? waits : waits.slice(0, 1)) {
      const child = host(
        t,
        given,
        `process.once('SIGINT', () => pipeline.stop());
         const started = pipeline.start();
         await started;
         const { endReached, scored } = await pipeline.done;
         console.log(JSON.stringify({ endReached, scored }));`,
      );
      let log = '';
      let out = '';
      child.stderr.on('data', (chunk) => {
        log += chunk;
      });
      child.stdout.on('data', (chunk) => {
        out += chunk;
      });
      await waitFor(() => log.includes('dependencyDown'), 'the dependency is told', 30_000);
      child.kill('SIGINT');
      const killed = setTimeout(() => child.kill('SIGKILL'), 20_000);
      const [status] = await once(child, 'close');
      clearTimeout(killed);
      assert.equal(status, 0, `it did not end by itself:\n${log}`);
      assert.deepEqual(JSON.parse(out), { endReached: false, scored: 0 });
      assert.match(log.trimEnd().split('\n').at(-1)!, /"event":"state","kind":"stopped"/);
    }
  });
}
