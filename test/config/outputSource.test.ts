import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  OUTPUT_SOURCE_PATTERN,
  parseOutputSource,
  suggestOutputSource,
} from '../../src/config/outputSource.ts';

describe('sources of output fields', () => {
  it('are parsed into one closed union', () => {
    assert.deepEqual(parseOutputSource('event.a.b[0]'), { from: 'event', path: ['a', 'b', 0] });
    assert.deepEqual(parseOutputSource('event.decision'), { from: 'event', path: ['decision'] });
    assert.deepEqual(parseOutputSource('model.score'), { from: 'model', output: 'score' });
    assert.deepEqual(parseOutputSource('model.name'), { from: 'model-name' });
    assert.deepEqual(parseOutputSource('model.version'), { from: 'model-version' });
    assert.deepEqual(parseOutputSource('model.digest'), { from: 'model-digest' });
    assert.deepEqual(parseOutputSource('decision'), { from: 'decision' });
    for (const fact of ['topic', 'partition', 'offset', 'timestamp'] as const) {
      assert.deepEqual(parseOutputSource(`record.${fact}`), { from: 'record', fact });
    }
    assert.deepEqual(parseOutputSource('scored_at'), { from: 'scored-at' });
  });

  it('are refused when they are anything else', () => {
    for (const text of [
      '',
      'event',
      'event.',
      'event[0]',
      'model',
      'model.',
      'model.a.b',
      'record.key',
      'record',
      'Decision',
      'score',
      'event.a ',
      'model.score\n',
    ]) {
      assert.equal(parseOutputSource(text), undefined, text);
    }
  });

  it('agree with the pattern that editors check', () => {
    const pattern = new RegExp(OUTPUT_SOURCE_PATTERN);
    const parts = fc.constantFrom(
      'event',
      'model',
      'record',
      '.',
      'offset',
      'a',
      '[0]',
      '["x"]',
      'decision',
      'scored_at',
      '-',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 5 }), (list) => {
        const text = list.join('');
        assert.equal(parseOutputSource(text) !== undefined, pattern.test(text), text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('have a nearest word', () => {
    assert.equal(suggestOutputSource('scoredAt'), 'scored_at');
    assert.equal(suggestOutputSource('record.ofset'), 'record.offset');
    assert.equal(suggestOutputSource('modle.score'), 'model.score');
    assert.equal(suggestOutputSource('customer.id'), 'event.customer.id');
    assert.equal(suggestOutputSource('amount'), 'event.amount or model.amount');
    assert.equal(suggestOutputSource('a b'), undefined);
  });
});
