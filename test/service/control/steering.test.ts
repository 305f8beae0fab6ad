import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { SeekResult, SeekTarget } from '../../../src/pipeline/ports.ts';
import type { Command, MoveCommand } from '../../../src/service/control/command.ts';
import { type Outcome, Steering } from '../../../src/service/control/steering.ts';
import { SimulatedTelemetry } from '../../support/simulationTelemetry.ts';

const NOW_MS = 1_000_000;
const NOTHING_KEPT = { state: undefined, logLevel: undefined };

type State = 'pause' | 'resume' | 'drain';

function said(command: State, by = 'alice', why = 'a look') {
  return { command, by, why, id: randomUUID(), atMs: NOW_MS, untilMs: NOW_MS + 100 };
}

function skip(partition: number, count = 1, untilMs = NOW_MS + 100): MoveCommand {
  const asked = { id: randomUUID(), atMs: NOW_MS, untilMs };
  return { command: 'skip', partition, to: { skip: count }, by: 'bob', why: 'poison', ...asked };
}

interface Bench {
  readonly steering: Steering;
  readonly done: string[];
  readonly answers: (Outcome & { readonly to: number | undefined; readonly what: Command['command'] })[];
  readonly told: string[];
  /** What a move comes to, in order. */
  readonly moves: PromiseWithResolvers<SeekResult | undefined>[];
}

/** Of a process that holds partitions 0 to 3. */
function newBench(): Bench {
  const done: string[] = [];
  const told: string[] = [];
  const answers: Bench['answers'] = [];
  const moves: Bench['moves'] = [];
  class Told extends SimulatedTelemetry {
    override pausedByCommand(held?: { state: string; by: string }): void {
      told.push(`${held?.state} by ${held?.by}`);
    }
    override resumedByCommand(): void {
      told.push('resumed');
    }
  }
  const steering = new Steering({
    steered: {
      pause: () => done.push('pause'),
      resume: () => done.push('resume'),
      drain: () => {
        done.push('drain');
        steering.leaving();
      },
      holds: (partition) => partition < 4,
      seek: (partition, to: SeekTarget) => {
        done.push(`seek ${partition} ${JSON.stringify(to)}`);
        const move = Promise.withResolvers<SeekResult | undefined>();
        moves.push(move);
        return move.promise;
      },
      setLogLevel: (level) => done.push(`level ${level}`),
    },
    logLevel: 'info',
    telemetry: new Told(),
    answer: ({ command }, outcome) => answers.push({ to: undefined, what: command, ...outcome }),
    changed: () => {},
    now: () => NOW_MS,
  });
  return { steering, done, answers, told, moves };
}

async function running(): Promise<Bench> {
  const bench = newBench();
  bench.steering.keep(NOTHING_KEPT);
  await bench.steering.standBy();
  return bench;
}

/** Whether it has resolved once everything that is due has had its turn. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const turn = new Promise((resolve) => setImmediate(resolve, pending));
  return (await Promise.race([promise, turn])) !== pending;
}

describe('the state of a group', () => {
  test('is that nothing holds it where nobody has said anything', async () => {
    const { steering, done, told } = await running();
    assert.deepEqual([done, told, steering.why], [[], [], undefined]);
  });

  test('is the last word, with who said it and why', async () => {
    const { steering, done, answers, told } = await running();
    steering.hear(said('pause'));
    assert.equal(steering.why, 'by alice: a look');
    steering.hear(said('pause', 'bob', 'a longer look'));
    assert.equal(steering.why, 'by bob: a longer look');
    steering.hear(said('resume', 'carol'));
    assert.equal(steering.why, undefined);
    assert.deepEqual(done, ['pause', 'pause', 'resume']);
    assert.deepEqual(told, ['paused by alice', 'paused by bob', 'resumed']);
    assert.deepEqual(
      answers.map(({ applied, result }) => [applied, result]),
      [
        [true, 'paused: nothing new is taken'],
        [true, 'paused: nothing new is taken'],
        [true, 'running'],
      ],
    );
  });

  test('holds for a process that starts later, which answers nobody', async () => {
    const { steering, done, answers } = newBench();
    steering.keep({
      state: said('pause'),
      logLevel: { ...said('pause'), command: 'log-level', level: 'debug' },
    });
    assert.ok(await isOver(steering.standBy()));
    assert.deepEqual(done, ['pause', 'level debug']);
    assert.deepEqual(answers, []);
  });

  test('drained keeps a process that starts from joining, until it is resumed or paused', async () => {
    for (const end of ['resume', 'pause'] as const) {
      const { steering, done, answers } = newBench();
      steering.keep({ ...NOTHING_KEPT, state: said('drain') });
      const standing = steering.standBy();
      assert.ok(!(await isOver(standing)));
      steering.hear(said('drain', 'bob'));
      assert.ok(!(await isOver(standing)));
      assert.equal(steering.why, 'by bob: a look');
      steering.hear(said(end));
      assert.ok(await isOver(standing));
      assert.ok(!done.includes('drain'));
      assert.ok(answers.every(({ applied }) => applied));
    }
  });

  test('drained has a process that runs finish, which is answered when all is committed', async () => {
    const { steering, done, answers } = await running();
    steering.hear(said('drain'));
    steering.hear(said('drain', 'bob'));
    assert.deepEqual([done, answers], [['drain'], []]);
    steering.hear(said('resume'));
    assert.deepEqual([answers[0]?.what, answers[0]?.applied], ['resume', false]);
    steering.left();
    assert.deepEqual(
      answers.slice(1).map(({ what, applied }) => [what, applied]),
      [
        ['drain', true],
        ['drain', true],
      ],
    );
  });

  test('drained is refused by a process that fails on the way, with its code', async () => {
    const { steering, answers } = await running();
    steering.hear(said('drain'));
    steering.left('E-DRAIN-TIMEOUT');
    assert.deepEqual(
      [answers[0]?.applied, answers[0]?.result],
      [false, 'stopped by E-DRAIN-TIMEOUT while it drained'],
    );
  });

  test('is taken up again after the topic could not be read, and stays where there is no word on it', async () => {
    const { steering, done, told } = await running();
    steering.hear(said('pause'));
    steering.keep(NOTHING_KEPT);
    assert.equal(steering.why, 'by alice: a look', 'a topic made anew ended a pause');
    steering.keep({ state: null, logLevel: null });
    assert.equal(steering.why, undefined);
    steering.keep({ ...NOTHING_KEPT, state: said('drain') });
    assert.deepEqual(done, ['pause', 'resume', 'level info', 'drain']);
    assert.deepEqual(told, ['paused by alice', 'resumed']);
  });

  test('does not matter to a process that ends for another reason', async () => {
    const { steering, answers, done } = await running();
    steering.leaving();
    for (const state of ['pause', 'resume'] as const) steering.hear(said(state));
    assert.deepEqual(done, []);
    assert.ok(answers.every(({ applied }) => !applied));
    steering.hear(said('drain'));
    steering.left();
    assert.equal(answers.at(-1)?.applied, true);
    assert.deepEqual(done, []);
  });
});

describe('a move of a partition', () => {
  test('is carried out once by whoever holds it, one after the other', async () => {
    const { steering, done, answers, moves } = await running();
    const first = skip(1);
    steering.hear(first);
    steering.hear(skip(1, 2));
    steering.hear(first);
    steering.hear(skip(9));
    await isOver(Promise.resolve());
    assert.deepEqual(done, ['seek 1 {"skip":1}']);
    moves[0]!.resolve({ kind: 'moved', from: 10, to: 11 });
    await isOver(new Promise(() => {}));
    assert.deepEqual(done, ['seek 1 {"skip":1}', 'seek 1 {"skip":2}']);
    moves[1]!.resolve({ kind: 'refused', why: 'no' });
    await isOver(new Promise(() => {}));
    assert.deepEqual(
      answers.map(({ applied, result, partition, from, to }) => [applied, result, partition, from, to]),
      [
        [true, '10 → 11', 1, 10, 11],
        [false, 'no', 1, undefined, undefined],
      ],
    );
  });

  test('is not begun after its time, which whoever holds it says', async () => {
    const { steering, done, answers } = await running();
    steering.hear(skip(1, 1, NOW_MS - 1500));
    steering.hear(skip(9, 1, NOW_MS - 1500));
    await isOver(new Promise(() => {}));
    assert.deepEqual(done, []);
    assert.deepEqual(
      answers.map(({ applied, result }) => [applied, result.slice(0, 24)]),
      [[false, 'it was heard 2 s too lat']],
    );
  });

  test('is answered by nobody when the partition goes while it waits', async () => {
    const { steering, answers, moves } = await running();
    steering.hear(skip(1));
    await isOver(Promise.resolve());
    moves[0]!.resolve(undefined);
    await isOver(new Promise(() => {}));
    assert.deepEqual(answers, []);
  });

  test('is refused when too many wait', async () => {
    const { steering, answers } = await running();
    for (let i = 0; i < 101; i++) steering.hear(skip(0));
    assert.deepEqual(
      answers.map(({ applied, result }) => [applied, result]),
      [[false, '100 moves wait already']],
    );
  });
});

test('the log level is the last word, and default is what the file says', async () => {
  const { steering, done, answers } = await running();
  const level = { ...said('pause'), command: 'log-level' } as const;
  steering.hear({ ...level, level: 'debug' });
  steering.hear({ ...level, level: 'default' });
  assert.deepEqual(done, ['level debug', 'level info']);
  assert.ok(answers.every(({ applied }) => applied));
});
