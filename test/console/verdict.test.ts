import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { partitionState, verdict } from '../../src/console/verdict.ts';
import type { PartitionView, ReplicaView } from '../../src/http/api/replica.ts';

const fine: PartitionView = { partition: 0, lagRecords: 5, lagSeconds: 0.2, progressPerSecond: 100 };
const calm = {
  state: { kind: 'running', sinceMs: 0 },
  pauses: [],
  alive: { ok: true, reasons: [], warnings: [] },
  ready: { ok: true, reasons: [], warnings: [] },
  rates: { scored: 100, deadLettered: 0, skipped: 0, deliveredBytes: 0 },
  latency: { event: { count: 10, meanSeconds: 0.01, p50Seconds: 0.01, p99Seconds: 0.05, withinSlo: 1 } },
  slo: { p99Seconds: 0.1, from: 'record', breaches: 0 },
  partitions: [fine, { ...fine, partition: 1 }],
} as unknown as ReplicaView;
const still: PartitionView = { partition: 4, lagRecords: 900, lagSeconds: 60, progressPerSecond: 0 };
const stopped: PartitionView = { partition: 3, stopped: { code: 'E-KAFKA-CORRUPT', message: 'corrupt' } };
const reason = { code: 'E-KAFKA-UNREACHABLE', message: 'no broker answers' };
const idle = { scored: 0, deadLettered: 0, skipped: 0, deliveredBytes: 0 };

const cases: readonly (readonly [what: string, change: Partial<ReplicaView>, word: string, says: RegExp])[] =
  [
    ['events scored in time', {}, 'Keeping up', /in time/],
    ['events scored without an objective', { slo: undefined as never }, 'Keeping up', /as they come\.$/],
    [
      'events scored late',
      { latency: { event: { ...calm.latency.event!, p99Seconds: 0.4, withinSlo: 0.9 } } },
      'Late',
      /400.ms.*100.ms/,
    ],
    [
      'nothing that comes',
      { rates: idle, partitions: [{ ...fine, lagRecords: 0, lagSeconds: 0 }] },
      'Idle',
      /No event waits/,
    ],
    ['no partition', { partitions: [] }, 'Standing by', /no partition/],
    [
      'a backlog',
      { partitions: [{ ...fine, lagRecords: 50_000, lagSeconds: 90 }] },
      'Behind',
      /50,000 events wait, 8.min 20.s of work/,
    ],
    [
      'a backlog before there is a rate',
      { rates: undefined as never, partitions: [{ ...fine, lagRecords: 50_000, lagSeconds: 90 }] },
      'Behind',
      /^50,000 events wait; the oldest for 1.min 30.s\.$/,
    ],
    ['a backlog that nobody works on', { rates: idle, partitions: [still] }, 'Stuck', /none gets an outcome/],
    ['one partition that stands still', { partitions: [fine, still] }, 'Partly stuck', /partition 4/],
    [
      'one that is stopped',
      { partitions: [fine, stopped] },
      'Partly stopped',
      /Partition 3 is read no further, the others go on: corrupt \(E-KAFKA-CORRUPT\)/,
    ],
    ['all that are stopped', { partitions: [stopped] }, 'Partly stopped', /none is left/],
    [
      'a dependency that is down',
      {
        state: { kind: 'paused', sinceMs: 0, why: 'x' },
        pauses: [{ reason: 'sink', sinceMs: 0, why: 'no broker answers' }],
      },
      'Paused',
      /sink: no broker answers/,
    ],
    [
      'a member not taken in',
      { ready: { ok: false, reasons: [reason], warnings: [] } },
      'Not ready',
      /no broker answers \(E-KAFKA-UNREACHABLE\)/,
    ],
    ['a fault', { alive: { ok: false, reasons: [reason], warnings: [] } }, 'Failed', /no broker/],
    ['a start', { state: { kind: 'starting', sinceMs: 0 } }, 'Starting', /./],
    ['a drain', { state: { kind: 'draining', sinceMs: 0 } }, 'Draining', /./],
  ];

describe('the verdict', () => {
  for (const [what, change, word, says] of cases) {
    it(`of ${what} is ${word}`, () => {
      const said = verdict({ ...calm, ...change });
      assert.equal(said.word, word);
      assert.match(said.sentence, says);
    });
  }

  it('of a partition follows from its lag, its age and its progress', () => {
    assert.equal(partitionState({ partition: 0 }), 'unknown');
    assert.equal(partitionState(fine), 'keeping up');
    assert.equal(partitionState({ ...fine, lagRecords: 0, lagSeconds: 0, progressPerSecond: 0 }), 'idle');
    assert.equal(partitionState({ ...fine, lagSeconds: 60 }), 'behind');
    assert.equal(partitionState(still), 'not moving');
    assert.equal(partitionState(stopped), 'stopped');
  });
});
