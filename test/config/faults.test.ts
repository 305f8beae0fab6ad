import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type ConfigFault, formatFaults, formatWarning, orderFaults } from '../../src/config/faults.ts';

const start: ConfigFault = {
  path: 'input.start',
  line: 12,
  column: 3,
  problem: 'is not valid',
  expected: 'earliest or latest',
  value: '"earlist"',
  suggestion: 'earliest',
};
const whole: ConfigFault = { path: '', problem: 'is empty', expected: 'a pipeline' };

describe('a warning', () => {
  it('is told with its line, or without one where it has none', () => {
    const warning = { path: 'kafka.sasl.password', message: 'is a secret written into the file' };
    assert.equal(formatWarning('p.yaml', warning), 'kafka.sasl.password is a secret written into the file');
    assert.equal(
      formatWarning('p.yaml', { ...warning, line: 7, column: 3 }),
      'p.yaml:7 kafka.sasl.password is a secret written into the file',
    );
  });
});

describe('faults', () => {
  it('are formatted for people', () => {
    assert.equal(
      formatFaults('p.yaml', [start, whole]),
      `p.yaml:12:3  input.start is not valid: "earlist"
    expected earliest or latest
    did you mean earliest?
p.yaml  The file is empty
    expected a pipeline
2 faults in p.yaml
`,
    );
  });

  it('are coloured only when asked, and say the same', () => {
    const plain = formatFaults('p.yaml', [start]);
    const coloured = formatFaults('p.yaml', [start], { colour: true });
    assert.notEqual(coloured, plain);
    assert.equal(stripVTControlCharacters(coloured), plain);
    assert.equal(stripVTControlCharacters(plain), plain);
  });

  it('are ordered by place, once each, those without a place last', () => {
    const at = (line: number, column: number, path: string): ConfigFault => ({
      ...start,
      line,
      column,
      path,
    });
    const ordered = orderFaults([whole, at(3, 1, 'c'), at(1, 9, 'b'), at(1, 2, 'a'), whole, at(3, 1, 'c')]);
    assert.deepEqual(
      ordered.map((fault) => fault.path),
      ['a', 'b', 'c', ''],
    );
  });
});
