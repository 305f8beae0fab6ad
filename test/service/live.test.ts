import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { PipelineConfig } from '../../src/config/pipelineConfig.ts';
import { examine } from '../../src/service/doctor/doctor.ts';
import type { Findings } from '../../src/service/findings.ts';
import { proveLive } from '../../src/service/live.ts';
import { parse, pipelineText } from '../config/fixture.ts';
import { Gate } from '../support/gate.ts';

/** A pipeline whose broker and registry take connections and answer nothing. */
async function unanswered(t: TestContext): Promise<PipelineConfig> {
  const gate = await Gate.before(t, 'http://localhost:1');
  gate.stall();
  const { host } = new URL(gate.url('http://localhost:1'));
  const text = pipelineText({ kafka: { brokers: [host], group: 'g' }, registry: { url: `http://${host}` } });
  const loaded = parse(text);
  if (!loaded.ok) assert.fail(JSON.stringify(loaded.faults));
  return loaded.config;
}

test('check --live names the one that does not answer in time, each by its own code', async (t) => {
  const config = await unanswered(t);
  const found: Findings = { proved: [], faults: [], warnings: [] };
  // Nothing is proved of the parts where nobody answers.
  await proveLive(config, {} as never, undefined, found, 300);
  assert.deepEqual(
    found.faults.map(({ where, problem }) => [where, problem]),
    [
      ['kafka.brokers', 'asking the brokers for the topics: no answer within 0.3 s (E-KAFKA-UNREACHABLE)'],
      [
        'registry.url',
        'asking the registry for the subjects: no answer within 0.3 s (E-REGISTRY-UNREACHABLE)',
      ],
    ],
  );
});

test('a check of doctor that gets no answer fails for that, and those that need the same are skipped', async (t) => {
  const config = await unanswered(t);
  const options = { file: 'pipeline.yaml', skip: [], deadlineMs: 300 };
  const checks = await examine(config, options, { examined: () => {}, waiting: () => {} });
  const first = (id: string) => checks.find((check) => check.id === id)!.verdicts[0]!;
  assert.deepEqual(first('brokers'), {
    status: 'fail',
    evidence: 'brokers answer, with the credentials of the file: no answer within 0.3 s',
    fix: 'Look at the load of what it asks, and run it again.',
  });
  assert.deepEqual(first('topics'), { status: 'skipped', evidence: 'because kafka: no answer within 0.3 s' });
  assert.equal(first('registry').evidence, 'registry: no answer within 0.3 s');
});
