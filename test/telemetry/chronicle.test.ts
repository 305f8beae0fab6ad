import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { Chronicle, REJECTIONS_KEPT } from '../../src/telemetry/chronicle.ts';

describe('the chronicle', () => {
  it('keeps the latest rejections of each code, newest first, whatever floods it', () => {
    let now = 0;
    const chronicle = new Chronicle(() => ++now);
    chronicle.eventRejected('E-FEATURE-RANGE', 'rare', 't/0@1', 'id', undefined, 7);
    for (let i = 0; i < 10_000; i++)
      chronicle.eventRejected('E-AVRO-FRAME', 'x'.repeat(2_000), `t/1@${i}`, undefined);
    const { rejections } = chronicle;
    assert.equal(rejections.length, REJECTIONS_KEPT + 1);
    assert.equal(rejections[0]!.place, 't/1@9999');
    assert.equal(rejections.at(-1)!.place, 't/0@1');
    assert.deepEqual(
      rejections.map(({ atMs }) => atMs),
      rejections.map(({ atMs }) => atMs).toSorted((a, b) => b - a),
    );
    assert.equal(rejections[0]!.detail.length, 500);
    assert.equal(new Set(rejections.map(({ place }) => place)).size, rejections.length);
  });

  it('says since when a state holds, whatever else is said of it', () => {
    let now = 10;
    const chronicle = new Chronicle(() => now);
    now = 20;
    chronicle.stateChanged({ kind: 'paused', why: 'a' });
    now = 30;
    chronicle.stateChanged({ kind: 'paused', why: 'b' });
    assert.deepEqual(chronicle.state, { state: { kind: 'paused', why: 'b' }, sinceMs: 20 });
  });

  it('says what is down since when, longest first, until it is up', () => {
    let now = 1;
    const chronicle = new Chronicle(() => now);
    chronicle.dependencyDown('sink', new TidemarkError('E-KAFKA-UNREACHABLE', 'first'));
    now = 2;
    chronicle.dependencyDown('registry', new TidemarkError('E-REGISTRY-UNREACHABLE', 'no answer'));
    chronicle.dependencyDown('sink', new TidemarkError('E-KAFKA-UNREACHABLE', 'still'));
    assert.deepEqual(
      chronicle.pauses.map(({ reason, sinceMs, why }) => [reason, sinceMs, why]),
      [
        ['sink', 1, 'still'],
        ['registry', 2, 'no answer'],
      ],
    );
    chronicle.dependencyUp('sink');
    chronicle.dependencyUp('registry');
    assert.deepEqual(chronicle.pauses, []);
  });
});
