import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { TidemarkError } from '../../../src/errors.ts';
import { Answers } from '../../../src/service/control/answers.ts';
import type { Command } from '../../../src/service/control/command.ts';

const pause: Command = {
  command: 'pause',
  by: 'alice',
  why: 'a test',
  id: randomUUID(),
  atMs: 1,
  untilMs: 2,
};

/** Answers to an audit topic that is written to by `write`, and what is warned of. */
function newAnswers(write: () => Promise<void>) {
  const warned: string[] = [];
  const answers = new Answers({
    writer: { write, stop: async () => {} },
    auditTopic: 'audit',
    group: 'g',
    pipeline: 'p',
    replica: { id: 'r', host: 'h', pid: 1 },
    telemetry: { warned: (code, message) => warned.push(`${code} ${message}`) },
  });
  return { answers, warned };
}

test('an answer that is lost is warned of by the code of what refused it', async () => {
  const { answers, warned } = newAnswers(async () => {
    throw new TidemarkError('E-KAFKA-ACL', 'Write on topic audit is denied');
  });
  answers.tell(pause, { applied: true, result: 'paused' });
  await answers.settled();
  assert.deepEqual(warned, [
    'E-KAFKA-ACL what was done about pause is not in the audit topic: Write on topic audit is denied',
  ]);
});

test('beyond a hundred that wait an answer is lost, and that is told', async () => {
  const gate = Promise.withResolvers<void>();
  const { answers, warned } = newAnswers(() => gate.promise);
  for (let at = 0; at < 101; at++) answers.tell(pause, { applied: true, result: 'paused' });
  assert.deepEqual(warned, [
    'E-KAFKA-UNREACHABLE what was done about pause is not in the audit topic: 100 answers wait already',
  ]);
  gate.resolve();
  await answers.settled();
});
