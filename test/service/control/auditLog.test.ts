import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { TidemarkError } from '../../../src/errors.ts';
import { AuditLog } from '../../../src/service/control/auditLog.ts';
import { waitFor } from '../../../tools/stack/wait.ts';
import { type Said, SimulatedTopic, SimulatedTopicReader } from '../../support/simulationTopic.ts';

const refused = new TidemarkError('E-KAFKA-ACL', 'Read on topic audit is denied');
const down = new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker answers');

function requested(why: string): Said {
  const place = { atMs: 1, group: 'g', pipeline: 'p' };
  const command = { command: 'pause', by: 'alice', why, id: randomUUID(), atMs: 1, untilMs: 2 };
  return ['g', JSON.stringify({ kind: 'requested', ...place, command })];
}

function newLog(t: TestContext, topic: SimulatedTopic): AuditLog {
  const log = new AuditLog({
    group: 'g',
    lookBack: 100,
    keep: 10,
    open: (events) => new SimulatedTopicReader(topic, events),
  });
  t.after(() => log.stop());
  return log;
}

test('an audit topic that may not be read is told at once, after an outage too', async (t) => {
  const topic = new SimulatedTopic();
  topic.missing = refused;
  await assert.rejects(newLog(t, topic).start(), refused);

  topic.missing = down;
  const log = newLog(t, topic);
  const started = log.start();
  started.catch(() => {});
  await waitFor(() => log.fault === down, 'the outage', 5_000, { everyMs: 1 });
  topic.missing = refused;
  await assert.rejects(started, refused);
});

test('what cannot be read any further has its reason, as long as it cannot', async (t) => {
  const topic = new SimulatedTopic();
  topic.say(requested('first'));
  const log = newLog(t, topic);
  await log.start();
  assert.deepEqual([log.last(5).length, log.fault], [1, undefined]);
  topic.missing = down;
  topic.readers.at(-1)!.events.failed(refused);
  await waitFor(() => log.fault === refused, 'the reason', 5_000, { everyMs: 1 });
  await waitFor(() => log.fault === down, 'the next reason', 5_000, { everyMs: 5 });
  topic.missing = undefined;
  topic.records.push(requested('meanwhile'));
  await waitFor(() => log.fault === undefined, 'the topic once more', 5_000, { everyMs: 5 });
  assert.equal(log.last(5).length, 2);
});
