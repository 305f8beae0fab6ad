import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { Pauses } from '../../src/service/pauses.ts';

const broker = new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker answers');
const registry = new TidemarkError('E-REGISTRY-UNREACHABLE', 'the registry is gone');

function newPauses() {
  const changes: string[] = [];
  const pauses = new Pauses((what, isDown) => changes.push(`${what} ${isDown ? 'down' : 'up'}`));
  return { pauses, changes };
}

describe('pauses', () => {
  test('the process is paused while source or sink is down, and says why', () => {
    const { pauses, changes } = newPauses();
    assert.equal(pauses.why, undefined);
    pauses.dependencyDown('sink', broker);
    assert.match(pauses.why!, /^E-KAFKA-UNREACHABLE no broker answers$/);
    pauses.dependencyDown('source', broker);
    pauses.dependencyUp('sink');
    assert.notEqual(pauses.why, undefined);
    pauses.dependencyUp('source');
    assert.equal(pauses.why, undefined);
    assert.deepEqual(changes, ['sink down', 'source down', 'sink up', 'source up']);
  });

  test('a registry that is down pauses no process, yet its watchdogs hear of it', () => {
    const { pauses, changes } = newPauses();
    pauses.dependencyDown('registry', registry);
    assert.equal(pauses.why, undefined);
    pauses.dependencyUp('registry');
    assert.deepEqual(changes, ['registry down', 'registry up']);
  });

  test('what was not down does not come back', () => {
    const { pauses, changes } = newPauses();
    pauses.dependencyUp('sink');
    assert.deepEqual(changes, []);
  });
});
