import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf } from '../support/cardFraud.ts';
import { payments } from '../support/payments.ts';
import { copiesBySource, readScored } from '../support/scored.ts';
import { committedOffsets, produce, waitFor } from '../support/stack.ts';
import { ask, assertDone, auditOf, newCommanded, replicas, verb } from '../support/steering.ts';
import { runTidemark } from '../support/tidemark.ts';

const byCustomer = (at: number) => `customer-${at % 40}`;

test('a group is paused, moved and resumed by anyone who says why, and keeps what it was told', async (t) => {
  const pipeline = await newCommanded(t, { partitions: 4, settings: { commit_every: '300ms' } });
  const [one, other] = await replicas(t, pipeline, [2, 2]);
  await pipeline.send(payments(200, byCustomer));
  await waitFor(async () => (await countOf(pipeline.output)) === 200, '200 scored events', 30_000);

  assertDone(await ask(t, pipeline, ['pause']), 2);
  await one!.says({ event: 'state', kind: 'paused', why: 'by alice: a test' });
  await pipeline.send(payments(200, byCustomer));
  // It joins the others, takes its share of the partitions, and takes nothing of them.
  const third = runTidemark(t, pipeline.file);
  await third.says({ event: 'pausedByCommand', by: 'alice', why: 'a test' });
  await third.untilHolding(1);
  assert.equal(await countOf(pipeline.output), 200, 'events were scored during the pause');

  const before = await committedOffsets(pipeline.group, pipeline.input);
  const partition = [...before].find(([, offset]) => offset > 0)![0];
  const at = before.get(partition)!;
  const skipped = await ask(t, pipeline, ['skip', '--partition', String(partition), '--count', '3']);
  assertDone(skipped, 1);
  assert.equal(skipped.answers[0]?.from, at);
  assert.equal(skipped.answers[0]?.to, at + 3);
  assert.equal((await committedOffsets(pipeline.group, pipeline.input)).get(partition), at + 3);

  assertDone(await ask(t, pipeline, ['log-level', 'debug']), 3);
  assertDone(await ask(t, pipeline, ['resume']), 3);
  await other!.says({ event: 'resumedByCommand' });
  await waitFor(async () => (await countOf(pipeline.output)) === 397, '397 scored events', 30_000);
  await Promise.any([one!, other!, third].map((run) => run.says({ event: 'batchScored', level: 'debug' })));
  const scored = new Set(copiesBySource(await readScored(pipeline.output)).keys());
  for (const offset of [at, at + 1, at + 2])
    assert.ok(!scored.has(`${partition}@${offset}`), `@${offset} was scored`);

  const back = await ask(t, pipeline, [
    'seek',
    '--partition',
    String(partition),
    '--to',
    String(at),
    '--yes',
  ]);
  assertDone(back, 1);
  const sources = async () => copiesBySource(await readScored(pipeline.output)).size;
  await waitFor(async () => (await sources()) === 400, 'what was skipped', 30_000);

  const drain = await ask(t, pipeline, ['drain']);
  assertDone(drain, 3);
  for (const run of [one!, other!, third]) await run.endsWith(0);
  const standing = runTidemark(t, pipeline.file);
  await standing.says({ event: 'pausedByCommand', state: 'drained' });
  // Twice drained is drained, and nobody has joined.
  assertDone(await ask(t, pipeline, ['drain']), 1);
  assert.ok(!standing.logs.some(({ event }) => event === 'leasesGranted'));
  assertDone(await ask(t, pipeline, ['resume']), 1);
  await standing.untilHolding(4);
  standing.kill('SIGTERM');
  await standing.endsWith(0);

  const log = await auditOf(t, pipeline);
  const asked = log.flatMap((record) => (record.kind === 'requested' ? [record.command] : []));
  assert.deepEqual(
    asked.map(({ command }) => command),
    ['pause', 'skip', 'log-level', 'resume', 'seek', 'drain', 'drain', 'resume'],
  );
  assert.ok(asked.every(({ by, why }) => by === 'alice' && why === 'a test'));
  assert.equal(log.length - asked.length, 2 + 1 + 3 + 3 + 1 + 3 + 1 + 1);
});

test('a drain ends a run up to the end before that end, and is answered', async (t) => {
  const pipeline = await newCommanded(t, { partitions: 1 });
  await pipeline.send(payments(50));
  // Nothing is scored, so the end is never reached.
  await ask(t, pipeline, ['pause', '--timeout', '1s'], 1);
  const run = runTidemark(t, pipeline.file, '--until-end');
  await run.untilHolding(1);
  assertDone(await ask(t, pipeline, ['drain']), 1);
  const { stdout } = await run.endsWith(1);
  assert.equal(JSON.parse(stdout).scored, 0);
  assert.ok(!run.logs.some(({ event }) => event === 'fatal'));
});

test('commands are refused with what to do where they cannot be carried out', async (t) => {
  const pipeline = await newCommanded(t, { partitions: 1 });
  // Nobody runs: what is kept holds for who comes, what is done once is not done.
  const pause = await ask(t, pipeline, ['pause', '--timeout', '1s'], 1);
  assert.deepEqual([pause.done, pause.members, pause.answers], [false, 0, []]);
  const skip = verb(t, pipeline, 'skip', '--partition', '0', '--timeout', '1s');
  await skip.endsWith(1);
  assert.match(skip.story(), /nobody of group .* answered within 1 s/);
  const nowhere = verb(t, pipeline, 'skip', '--partition', '7');
  await nowhere.endsWith(2);
  assert.match(nowhere.story(), /has no partition 7: it has partition 0 alone/);
  const [run] = await replicas(t, pipeline, [1]);
  await run!.says({ event: 'pausedByCommand', state: 'paused' });
  await run!.says({ event: 'state', kind: 'paused' });
  const beyond = verb(t, pipeline, 'skip', '--partition', '0', '--count', '5');
  assert.match((await beyond.endsWith(1)).stdout, /refused partition 0: there are 0 offsets to skip/);
  assert.ok(!run!.logs.some(({ event }) => event === 'eventsSkipped'));
  const back = verb(t, pipeline, 'seek', '--partition', '0', '--to', 'earliest');
  await back.endsWith(2);
  assert.match(back.story(), /published once more\. Give --yes/);
  // Paused, and then told to stop by whoever runs it.
  run!.kill('SIGTERM');
  await run!.endsWith(0);
});

test('what is no command is passed over, and told now and then', async (t) => {
  const pipeline = await newCommanded(t, { partitions: 1 });
  const key = `${pipeline.group}/state`;
  const pause = { command: 'pause', by: 'mallory', why: 'x', id: 'c0ffee', atMs: 0, untilMs: 0 };
  const hostile = [
    'null',
    '{"command":"pause"',
    JSON.stringify(pause),
    JSON.stringify({ ...pause, id: crypto.randomUUID(), by: '\u001b[31mroot' }),
    JSON.stringify({ ...pause, id: crypto.randomUUID(), why: 'w'.repeat(1001) }),
    JSON.stringify({ ...pause, id: crypto.randomUUID(), __proto__: null, more: 1 }),
    '['.repeat(10_000),
    'x'.repeat(500_000),
  ];
  await produce(
    pipeline.control,
    hostile.map((value) => ({ key, value })),
  );
  await produce(pipeline.control, [
    { key: '', value: 'nobody’s' },
    { key: 'another-group/state', value: JSON.stringify({ ...pause, id: crypto.randomUUID() }) },
  ]);
  const [run] = await replicas(t, pipeline, [1]);
  await produce(
    pipeline.control,
    hostile.map((value) => ({ key, value })),
  );
  assertDone(await ask(t, pipeline, ['pause']), 1);
  await run!.says({ event: 'state', kind: 'paused' });
  const ignored = run!.logs.filter(({ event }) => event === 'commandIgnored');
  assert.equal(ignored.length, 5, 'told at a bounded rate');
  assert.ok(ignored.every(({ msg }) => msg.length < 200));
});
