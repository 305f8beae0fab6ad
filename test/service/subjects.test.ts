import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import type { SubjectVersion } from '../../src/avro/registry.ts';
import type { TidemarkError } from '../../src/errors.ts';
import { eventSchemaNow, inputSubject, outputSchemaId } from '../../src/service/subjects.ts';
import { parsed, pipelineText } from '../config/fixture.ts';
import { settled } from '../support/simulationClock.ts';

const config = parsed(pipelineText({ input: { topic: 'payments' }, output: { topic: 'scores' } })).config;
const SCHEMA = '{"type":"record","name":"R","fields":[]}';

function newTelemetry() {
  const told: string[] = [];
  return {
    told,
    dependencyDown: (what: string, cause: TidemarkError) => told.push(`${what} ${cause.code}`),
    dependencyUp: (what: string) => told.push(`${what} up`),
  };
}

/** Answers undefined so many times first. */
function later<T>(answer: T, absent: number): () => Promise<T | undefined> {
  let asked = 0;
  return async () => (asked++ < absent ? undefined : answer);
}

/** Lets `seconds` of waiting pass at once. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await settled();
    mock.timers.tick(1_000);
  }
  await settled();
}

describe('subjects', () => {
  test('events are of the subject of their topic', () => {
    assert.equal(inputSubject(config), 'payments-value');
  });

  test('the schema of the events is waited for, which is told, and used when it comes', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const telemetry = newTelemetry();
      const version: SubjectVersion = { id: 4, version: 2, type: 'AVRO', schema: SCHEMA, references: [] };
      const schema = eventSchemaNow(config, { latest: later(version, 2) }, telemetry);
      await pass(3);
      const { node } = await schema;
      assert.equal(node.kind, 'record');
      const missing = 'registry E-REGISTRY-SUBJECT-MISSING';
      assert.deepEqual(telemetry.told, [missing, missing, 'registry up']);
    } finally {
      mock.timers.reset();
    }
  });

  test('the output schema is looked for and, unless told so, not registered', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const telemetry = newTelemetry();
      const register = async () => assert.fail('it registered');
      const id = outputSchemaId(config, SCHEMA, { idOf: later(9, 1), register }, telemetry);
      await pass(2);
      assert.equal(await id, 9);
      assert.deepEqual(telemetry.told, ['registry E-REGISTRY-SUBJECT-MISSING', 'registry up']);
    } finally {
      mock.timers.reset();
    }
  });

  test('a registry that has everything is neither down nor up', async () => {
    const telemetry = newTelemetry();
    const register = async () => assert.fail('it registered');
    assert.equal(await outputSchemaId(config, SCHEMA, { idOf: later(9, 0), register }, telemetry), 9);
    assert.deepEqual(telemetry.told, []);
  });

  test('with output.register the schema is registered under the output’s subject', async () => {
    const { config: registering } = parsed(pipelineText({ output: { register: true, subject: 'mine' } }));
    const registered: string[][] = [];
    const register = async (...what: string[]) => {
      registered.push(what);
      return 12;
    };
    const id = await outputSchemaId(
      registering,
      SCHEMA,
      { idOf: later(undefined, 0), register },
      newTelemetry(),
    );
    assert.equal(id, 12);
    assert.deepEqual(registered, [['mine', SCHEMA]]);
  });
});
