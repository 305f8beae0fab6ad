import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TidemarkError } from '../../../src/errors.ts';
import { Hearing, type Kept } from '../../../src/service/control/hearing.ts';
import { waitFor } from '../../../tools/stack/wait.ts';
import { SimulatedTelemetry } from '../../support/simulationTelemetry.ts';
import { type Said, SimulatedTopic, SimulatedTopicReader } from '../../support/simulationTopic.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const asked = () => ({ by: 'alice', why: 'a look', id: randomUUID(), atMs: 1, untilMs: 2 });
const pause = (why = 'a look'): Said => ['g/state', JSON.stringify({ command: 'pause', ...asked(), why })];
const skip = (): Said => [
  'g/partition/0',
  JSON.stringify({ command: 'skip', partition: 0, to: { skip: 1 }, ...asked() }),
];
const level: Said = ['g/log-level', JSON.stringify({ command: 'log-level', level: 'debug', ...asked() })];

function newHearing(t: TestContext, topic: SimulatedTopic) {
  const kept: Kept[] = [];
  const said: string[] = [];
  const told: string[] = [];
  class Told extends SimulatedTelemetry {
    override commandIgnored(at?: string, problem?: string): void {
      told.push(`ignored ${at}: ${problem}`);
    }
    override commandsUnheard(cause?: TidemarkError): void {
      told.push(`unheard ${cause?.code}`);
    }
    override commandsHeard(): void {
      told.push('heard');
    }
  }
  const hearing = new Hearing(
    {
      group: 'g',
      topic: 'control',
      open: (events) => new SimulatedTopicReader(topic, events),
      telemetry: new Told(),
    },
    { kept: (all) => kept.push(all), said: ({ command, why }) => said.push(`${command}: ${why}`) },
  );
  t.after(() => hearing.stop());
  return { hearing, kept, said, told };
}

describe('hearing commands', () => {
  test('begins with the last word on each subject, and carries out nothing that was said before', async (t) => {
    const topic = new SimulatedTopic();
    topic.say(pause('first'), level, skip(), ['other/state', pause()[1]], pause('last'));
    const { hearing, kept, said } = newHearing(t, topic);
    await hearing.start();
    assert.equal(kept.length, 1);
    assert.equal(kept[0]?.state?.why, 'last');
    assert.equal(kept[0]?.logLevel?.level, 'debug');
    topic.say(skip(), pause('now'), ['g/state', null]);
    await waitFor(() => said.length === 2, 'what is said', 5_000, { everyMs: 1 });
    assert.deepEqual(said, ['skip: a look', 'pause: now']);
  });

  test('begins at once with an empty topic, and waits for one that is missing, which it says once', async (t) => {
    const topic = new SimulatedTopic();
    topic.missing = new TidemarkError('E-KAFKA-TOPIC-MISSING', 'no');
    const { hearing, kept, told } = newHearing(t, topic);
    const begun = hearing.start();
    await waitFor(() => topic.readers.length === 2, 'another try', 5_000, { everyMs: 5 });
    assert.deepEqual([told, kept], [['unheard E-KAFKA-TOPIC-MISSING'], []]);
    topic.missing = undefined;
    await begun;
    assert.deepEqual(kept, [{ state: undefined, logLevel: undefined }]);
    assert.deepEqual(told.at(-1), 'heard');
  });

  test('what comes while it begins is the last word, and not undone by what was there', async (t) => {
    const topic = new SimulatedTopic();
    topic.behind = 1;
    topic.say(pause('before'), pause('meanwhile'));
    const { hearing, kept, said } = newHearing(t, topic);
    await hearing.start();
    assert.deepEqual([kept.length, kept[0]?.state?.why, said], [1, 'meanwhile', []]);
  });

  test('does not begin where it is refused, and goes on where it is refused later', async (t) => {
    const topic = new SimulatedTopic();
    const refused = new TidemarkError('E-KAFKA-ACL', 'no');
    topic.missing = refused;
    await assert.rejects(newHearing(t, topic).hearing.start(), refused);
    topic.missing = undefined;
    const { hearing, said, told } = newHearing(t, topic);
    await hearing.start();
    topic.readers.at(-1)!.events.failed(refused);
    await waitFor(() => told.length === 2, 'another beginning', 5_000, { everyMs: 5 });
    topic.say(pause('at last'));
    await waitFor(() => said.length === 1, 'what is said', 5_000, { everyMs: 1 });
    assert.deepEqual(told, ['unheard E-KAFKA-ACL', 'heard']);
  });

  test('does not begin where it is refused after it could not be reached', async (t) => {
    const topic = new SimulatedTopic();
    topic.missing = new TidemarkError('E-KAFKA-UNREACHABLE', 'down');
    const { hearing, told } = newHearing(t, topic);
    const begun = hearing.start();
    begun.catch(() => {});
    await waitFor(() => told.length === 1, 'the outage', 5_000, { everyMs: 1 });
    const refused = new TidemarkError('E-KAFKA-ACL', 'no');
    topic.missing = refused;
    await waitFor(() => told.length === 2, 'the refusal', 5_000, { everyMs: 5 });
    assert.deepEqual(told, ['unheard E-KAFKA-UNREACHABLE', 'unheard E-KAFKA-ACL']);
    await assert.rejects(begun, refused);
  });

  test('keeps nothing of what it has read', async (t) => {
    const topic = new SimulatedTopic();
    const { hearing, said } = newHearing(t, topic);
    await hearing.start();
    topic.say(pause('read'));
    await waitFor(() => said.length === 1, 'what is said', 5_000, { everyMs: 1 });
    topic.say(pause('read next'));
    await waitFor(() => said.length === 2, 'what is said next', 5_000, { everyMs: 1 });
    const { blocks } = topic.readers[0]!;
    const isGone = () => {
      collectGarbage();
      return blocks[0]!.deref() === undefined;
    };
    await waitFor(isGone, 'the first block to be collected', 5_000, { everyMs: 5 });
  });

  test('a word that is taken back is told from one that was never said', async (t) => {
    const topic = new SimulatedTopic();
    topic.say(pause(), ['g/state', null]);
    const { hearing, kept } = newHearing(t, topic);
    await hearing.start();
    assert.deepEqual(kept, [{ state: null, logLevel: undefined }]);
  });

  test('begins anew after a fault, without carrying out what it missed', async (t) => {
    const topic = new SimulatedTopic();
    const { hearing, kept, said, told } = newHearing(t, topic);
    await hearing.start();
    topic.readers[0]!.events.stopped(0, new TidemarkError('E-KAFKA-CORRUPT', 'torn'));
    topic.records.push(skip(), pause('meanwhile'));
    await waitFor(() => kept.length === 2, 'the topic once more', 5_000, { everyMs: 5 });
    assert.equal(kept[1]?.state?.why, 'meanwhile');
    topic.say(skip());
    await waitFor(() => said.length > 0, 'what is said', 5_000, { everyMs: 1 });
    assert.deepEqual(said, ['skip: a look']);
    assert.deepEqual(told, ['unheard E-KAFKA-CORRUPT', 'heard']);
  });

  test('passes over what is no command, at a bounded rate in words', async (t) => {
    const topic = new SimulatedTopic();
    const { hearing, said, told } = newHearing(t, topic);
    await hearing.start();
    topic.say(...Array.from({ length: 50 }, (): Said => ['g/state', '{}']), ['g/log-level', pause()[1]]);
    topic.say(pause('after all'));
    await waitFor(() => said.length > 0, 'what is said', 5_000, { everyMs: 1 });
    assert.deepEqual(said, ['pause: after all']);
    assert.equal(told.length, 5);
    assert.match(told[0]!, /^ignored control\/0@0: no command/);
  });
});
