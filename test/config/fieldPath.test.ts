import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatPath, parseFieldPath } from '../../src/config/fieldPath.ts';

describe('field paths', () => {
  it('name fields, indices and keys', () => {
    assert.deepEqual(parseFieldPath('amount'), ['amount']);
    assert.deepEqual(parseFieldPath('terminal.risk_30d'), ['terminal', 'risk_30d']);
    assert.deepEqual(parseFieldPath('tags[0][12].x'), ['tags', 0, 12, 'x']);
    assert.deepEqual(parseFieldPath('attributes["a.b"].c'), ['attributes', 'a.b', 'c']);
    assert.deepEqual(parseFieldPath('a["say \\"hi\\" \\\\"]'), ['a', 'say "hi" \\']);
  });

  it('are refused when they are anything else', () => {
    for (const text of [
      '',
      '.',
      'a.',
      '.a',
      'a..b',
      'a b',
      '1a',
      'a[',
      'a[]',
      'a[-1]',
      'a[01]',
      'a[1.5]',
      'a["x]',
      "a['x']",
      'a[x]',
      '[0]',
      'a.[0]',
      'a["\\n"]',
      'a\n',
      'ä',
    ]) {
      assert.equal(parseFieldPath(text), undefined, text);
    }
  });

  it('are what they were after formatting and parsing', () => {
    const segment = fc.oneof(fc.string(), fc.nat(999_999_999));
    const path = fc.tuple(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]*$/), fc.array(segment));
    fc.assert(
      fc.property(path, ([first, rest]) => {
        assert.deepEqual(parseFieldPath(formatPath([first, ...rest])), [first, ...rest]);
      }),
    );
  });

  it('are read in time linear in their length', () => {
    assert.equal(parseFieldPath(`${'a.'.repeat(100_000)}!`), undefined);
    assert.equal(parseFieldPath(`a["${'\\\\'.repeat(100_000)}`), undefined);
  });
});
