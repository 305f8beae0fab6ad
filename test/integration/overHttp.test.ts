/** Commands over HTTP, as the console sends them to one process of a group. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditRecordView, CommandRequest, RequestedView } from '../../src/http/api/control.ts';
import { countOf } from '../support/cardFraud.ts';
import { payments } from '../support/payments.ts';
import { committedOffsets, createTopic, waitFor, withAdmin } from '../support/stack.ts';
import { newCommanded, replicas } from '../support/steering.ts';

const READ = 'reader-0123456789';
const CHANGE = 'changer-0123456789';
const who = { by: 'alice', why: 'a test' };

function asking(port: number) {
  const ask = (path: string, token: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
  return {
    audit: () => ask('/api/audit', READ),
    send: (request: CommandRequest, token = CHANGE) =>
      ask('/api/commands', token, { method: 'POST', body: JSON.stringify(request) }),
  };
}

async function done(sent: Promise<Response>): Promise<RequestedView> {
  const response = await sent;
  const view = (await response.json()) as RequestedView;
  assert.deepEqual([response.status, view.done, view.answers.length], [202, true, 1], JSON.stringify(view));
  return view;
}

test('a group is paused, moved and resumed over HTTP by who holds the token for it, and its log says by whom', async (t) => {
  const http = { port: 0, read_token: READ, change_token: CHANGE };
  const pipeline = await newCommanded(t, { partitions: 1, settings: { commit_every: '200ms', http } });
  const [run] = await replicas(t, pipeline, [1]);
  const { port } = await run!.says({ event: 'listening' });
  const { audit, send } = asking(port as number);
  const committed = async () => (await committedOffsets(pipeline.group, pipeline.input)).get(0);
  await pipeline.send(payments(20));
  await waitFor(async () => (await committed()) === 20, '20 events committed', 30_000);

  assert.equal((await send({ command: 'pause', ...who }, READ)).status, 403);
  const paused = await done(send({ command: 'pause', ...who }));
  assert.equal(paused.members, 1);
  await run!.says({ event: 'state', kind: 'paused', why: 'by alice: a test' });
  await pipeline.send(payments(10));
  const moved = await done(send({ command: 'skip', partition: 0, to: { skip: 4 }, ...who }));
  assert.equal(moved.answers[0]!.result, '20 → 24');
  assert.deepEqual([await committed(), await countOf(pipeline.output)], [24, 20]);
  await done(send({ command: 'resume', ...who }));
  await run!.says({ event: 'resumedByCommand' });
  await waitFor(async () => (await countOf(pipeline.output)) === 26, 'what was not skipped', 30_000);

  const nowhere = await send({ command: 'skip', partition: 7, to: { skip: 1 }, ...who });
  assert.equal(nowhere.status, 400);
  assert.match(((await nowhere.json()) as { error: string }).error, /has no partition 7/);

  const records = (await (await audit()).json()) as AuditRecordView[];
  const told = records.map((record) =>
    record.kind === 'requested'
      ? `${record.command.command} by ${record.command.by}: ${record.command.why}`
      : `${record.command} ${record.applied} by ${record.replica.pid}: ${record.result}`,
  );
  assert.deepEqual(told, [
    'pause by alice: a test',
    `pause true by ${run!.pid}: paused: nothing new is taken`,
    'skip by alice: a test',
    `skip true by ${run!.pid}: 20 → 24`,
    'resume by alice: a test',
    `resume true by ${run!.pid}: running`,
  ]);
});

test('a log that cannot be read is a reason instead of what it said last, until it can be', async (t) => {
  const http = { port: 0, read_token: READ, change_token: CHANGE };
  const pipeline = await newCommanded(t, { partitions: 1, settings: { http } });
  const [run] = await replicas(t, pipeline, [1]);
  const { port } = await run!.says({ event: 'listening' });
  const { audit, send } = asking(port as number);
  await done(send({ command: 'log-level', level: 'info', ...who }));
  assert.equal((await audit()).status, 200);

  await withAdmin((admin) => admin.deleteTopics({ topics: [pipeline.audit] }));
  const refused = async () => {
    const answer = await audit();
    return answer.status === 503 && ((await answer.json()) as { error: string; code: string });
  };
  const { code, error } = await waitFor(refused, 'the reason', 60_000);
  assert.equal(code, 'E-KAFKA-TOPIC-MISSING');
  assert.ok(error.includes(pipeline.audit), error);

  await createTopic(pipeline.audit, 1);
  await waitFor(async () => (await audit()).status === 200, 'the log once more', 60_000);
});
