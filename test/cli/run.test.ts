import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cardFraudYaml, freshNames, type Settings, temporaryFolder } from '../support/cardFraud.ts';
import { runTidemark, TidemarkProcess } from '../support/tidemark.ts';

/** Nobody listens on either. */
const NOWHERE = { brokers: ['localhost:1'], registryUrl: 'http://localhost:1' };

function pipelineFile(t: TestContext, settings: Settings = {}): string {
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  writeFileSync(file, cardFraudYaml(freshNames(), NOWHERE, settings));
  return file;
}

test('a pipeline file with faults is refused with status 2, each fault at its line, and nothing is started', async (t) => {
  const file = pipelineFile(t, {
    'kafka.group': undefined,
    'batching.max_rows': 0,
    'input.start': 'yesterday',
    'output.partitoner': 'key',
  });
  const run = runTidemark(t, file, '--until-end');
  const { stdout } = await run.endsWith(2);
  assert.equal(stdout, '');
  const told = run.logs.map(({ msg }) => msg).join('\n');
  for (const path of ['kafka.group', 'batching.max_rows', 'input.start', 'output.partitoner']) {
    assert.ok(told.includes(path), `${path} is not told of:\n${told}`);
  }
  assert.ok(!run.logs.some(({ event }) => event !== undefined), told);
});

test('a file that is not there, and an option that does not exist, are wrong usage', async (t) => {
  const absent = runTidemark(t, '/no/such/pipeline.yaml');
  await absent.endsWith(2);
  assert.match(absent.story(), /no\/such\/pipeline\.yaml/);
  await runTidemark(t, pipelineFile(t), '--until-the-end').endsWith(2);
  await new TidemarkProcess(t, ['run']).endsWith(2);
});

test('parts that do not fit stop the process with E-CONTRACT before anything is connected', async (t) => {
  const run = runTidemark(
    t,
    pipelineFile(t, { 'model.package': 'models/no-such-model', 'decision.on': 'risk' }),
  );
  await run.endsWith(2);
  const { msg } = await run.says({ event: 'fatal', code: 'E-CONTRACT' });
  assert.match(msg, /no-such-model/);
  assert.ok(!run.logs.some(({ event }) => event === 'dependencyDown'), run.story());
});

test('a taken port stops the process, and says which', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const run = runTidemark(t, pipelineFile(t, { http: { port } }));
  await run.endsWith(2);
  const { msg } = await run.says({ event: 'fatal', code: 'E-CONFIG' });
  assert.ok(msg.includes(String(port)), msg);
});

test('a delivery that the client does not offer is refused', async (t) => {
  const run = runTidemark(t, pipelineFile(t, { delivery: 'exactly-once' }));
  const { status } = await run.ended;
  assert.notEqual(status, 0);
  assert.match(run.story(), /exactly-once/);
});

test('a compression that the client lacks is refused before anything is connected', async (t) => {
  const run = runTidemark(t, pipelineFile(t, { 'kafka.client': 'kafkajs', 'output.compression': 'lz4' }));
  await run.endsWith(1);
  const { msg } = await run.says({ event: 'fatal', code: 'E-KAFKA-CAPABILITY' });
  assert.match(msg, /kafkajs cannot do compression: lz4/);
});

test('without broker and registry the process waits, visibly, and a signal ends it with 0', async (t) => {
  const run = runTidemark(t, pipelineFile(t));
  await run.says({ event: 'dependencyDown', code: 'E-REGISTRY-UNREACHABLE' });
  run.kill('SIGTERM');
  await run.endsWith(0, 15_000);
  await run.says({ event: 'state', kind: 'stopped' });
});

test('secrets do not get into the log, whatever goes wrong', async (t) => {
  const run = runTidemark(
    t,
    pipelineFile(t, {
      'kafka.sasl': { mechanism: 'plain', username: 'scorer', password: 'hunter2-kafka' },
      'registry.auth': { kind: 'basic', username: 'scorer', password: 'hunter2-registry' },
      'log.level': 'debug',
    }),
  );
  await run.says({ event: 'dependencyDown' });
  run.kill('SIGTERM');
  await run.endsWith(0, 15_000);
  assert.doesNotMatch(run.story(), /hunter2/);
});

test('a signal before the end that --until-end waits for is no success', async (t) => {
  const run = runTidemark(t, pipelineFile(t), '--until-end');
  await run.says({ event: 'dependencyDown', code: 'E-REGISTRY-UNREACHABLE' });
  run.kill('SIGINT');
  await run.endsWith(130, 15_000);
});
