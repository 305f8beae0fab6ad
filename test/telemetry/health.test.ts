import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { Health } from '../../src/telemetry/health.ts';

const unreachable = new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker answers');
const registryDown = new TidemarkError('E-REGISTRY-UNREACHABLE', 'connection refused');

function running(): Health {
  const health = new Health();
  health.started();
  health.stateChanged({ kind: 'running' });
  health.leasesGranted([0, 1]);
  return health;
}

function reasons(health: Health): string[] {
  return health.ready().reasons.map((reason) => reason.message);
}

describe('health (P9)', () => {
  test('is ready only once the model is verified and the group joined', () => {
    const health = new Health();
    assert.deepEqual(reasons(health), [
      'the model is not verified yet',
      'not a member of the consumer group',
    ]);
    health.started();
    assert.deepEqual(reasons(health), ['not a member of the consumer group']);
    health.leasesGranted([]);
    assert.deepEqual(health.ready(), { ok: true, state: 'starting', reasons: [], warnings: [] });
  });

  test('tells once that it is ready for the first time, and not while what it needs is down', async () => {
    const health = new Health();
    let told = false;
    void health.firstReady.then(() => {
      told = true;
    });
    const tells = async (): Promise<boolean> => {
      await new Promise((resolve) => setImmediate(resolve));
      return told;
    };
    health.started();
    health.dependencyDown('sink', unreachable);
    health.leasesGranted([0]);
    assert.equal(await tells(), false);
    health.dependencyUp('sink');
    assert.equal(await tells(), true);
  });

  for (const what of ['source', 'sink'] as const) {
    test(`is alive and not ready while the ${what} is down, and ready again by itself`, () => {
      const health = running();
      health.dependencyDown(what, unreachable);
      assert.equal(health.alive().ok, true);
      assert.deepEqual(health.ready().reasons, [
        { code: 'E-KAFKA-UNREACHABLE', message: `${what}: no broker answers` },
      ]);
      health.dependencyUp(what);
      assert.equal(health.ready().ok, true);
    });
  }

  test('takes a registry outage as a warning, unless events wait', () => {
    const health = running();
    health.dependencyDown('registry', registryDown);
    assert.equal(health.ready().ok, true);
    assert.deepEqual(health.ready().warnings, [
      { code: 'E-REGISTRY-UNREACHABLE', message: 'registry: connection refused' },
    ]);
    health.inFlight(300, 2);
    assert.deepEqual(reasons(health), ['registry: connection refused']);
    assert.deepEqual(health.ready().warnings, []);
    assert.equal(health.alive().ok, true);
  });

  test('stays a member through a rebalance, and is none once all is lost', () => {
    const health = running();
    health.leasesGone([0, 1], 'revoked');
    assert.equal(health.ready().ok, true);
    health.leasesGranted([0, 1]);
    health.leasesGone([0], 'lost');
    assert.equal(health.ready().ok, true);
    health.leasesGone([1], 'lost');
    assert.deepEqual(reasons(health), ['not a member of the consumer group']);
    health.leasesGranted([1]);
    assert.equal(health.ready().ok, true);
  });

  test('is not ready while a partition that it holds is stopped', () => {
    const health = running();
    health.partitionStopped(1, new TidemarkError('E-KAFKA-CORRUPT', 'orders/1@7: checksum'));
    assert.deepEqual(reasons(health), ['partition 1 is stopped: orders/1@7: checksum']);
    assert.equal(health.alive().ok, true);
    assert.deepEqual([...health.stoppedPartitions.keys()], [1]);
    health.leasesGone([1], 'revoked');
    assert.equal(health.ready().ok, true);
    assert.equal(health.stoppedPartitions.size, 0);
  });

  test('is not alive after a fatal fault or the watchdog, for good', () => {
    const health = running();
    health.fatal(new TidemarkError('E-WATCHDOG', 'no progress for 60 s'));
    health.fatal(new TidemarkError('E-INTERNAL', 'follows from it'));
    const report = { ok: false, state: 'running', warnings: [] } as const;
    const stuck = [{ code: 'E-WATCHDOG', message: 'no progress for 60 s' }];
    assert.deepEqual(health.alive(), { ...report, reasons: stuck });
    assert.deepEqual(health.ready(), { ...report, reasons: stuck });
  });

  test('is alive and not ready while draining and when stopped', () => {
    const health = running();
    health.stateChanged({ kind: 'draining', untilMs: 1 });
    assert.deepEqual(reasons(health), ['draining: no new events are taken']);
    health.stateChanged({ kind: 'stopped', why: 'SIGTERM' });
    assert.deepEqual(reasons(health), ['stopped: SIGTERM']);
    assert.equal(health.alive().ok, true);
  });

  test('keeps one warning a code', () => {
    const health = running();
    for (let id = 0; id < 1000; id++) health.schemaUnusable(id, 'E-SCHEMA-UNUSABLE', 'no amount');
    health.warned('W-READ-COMMITTED', 'aborted records may leak');
    assert.deepEqual(health.ready().warnings, [
      { code: 'E-SCHEMA-UNUSABLE', message: 'schema 999: no amount' },
      { code: 'W-READ-COMMITTED', message: 'aborted records may leak' },
    ]);
    assert.equal(health.ready().ok, true);
  });

  test('is ready while somebody has it paused, with a warning that names who and why', () => {
    const health = running();
    health.pausedByCommand({ state: 'paused', by: 'alice', why: 'bad prices' });
    const { ok, warnings } = health.ready();
    assert.ok(ok, 'a deployment would hang on a pause');
    assert.deepEqual(warnings, [{ message: 'paused by alice: bad prices; `tidemark resume` goes on' }]);
    health.resumedByCommand();
    assert.deepEqual(health.ready().warnings, []);
  });

  test('is not ready while it stands by, and says who wants it so', () => {
    const health = new Health();
    health.started();
    health.pausedByCommand({ state: 'drained', by: 'alice', why: 'new offsets' });
    assert.deepEqual(reasons(health), [
      'drained by alice: new offsets; `tidemark resume` goes on',
      'not a member of the consumer group',
    ]);
  });

  test('commands that are not heard are a warning until they are heard again', () => {
    const health = running();
    health.commandsUnheard(unreachable);
    const { ok, warnings } = health.ready();
    assert.deepEqual([ok, warnings[0]?.message], [true, 'commands are not heard: no broker answers']);
    health.commandsHeard();
    assert.deepEqual(health.ready().warnings, []);
  });

  test('a partition that a command moved leaves the process a member of its group', () => {
    const health = new Health();
    health.started();
    health.leasesGranted([0]);
    health.leasesGone([0], 'moved');
    assert.ok(health.ready().ok);
  });
});
