import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultsOf, onlyFault, parsed, pipelineText } from './fixture.ts';

describe('the YAML of a pipeline file', () => {
  const syntax: readonly (readonly [
    what: string,
    text: string,
    problem: RegExp,
    line: number,
    column: number,
  ])[] = [
    ['a tab', 'a:\n\tb: 1\n', /tab/, 2, 1],
    ['a quote that is not closed', 'a: "b\n', /lacks a character/, 2, 1],
    ['a brace that is not closed', 'a: { b: 1\n', /indentation/, 2, 1],
    ['a reserved character', 'a: @b\n', /reserved character/, 1, 4],
    ['a key within the line of a key', 'a: b: c\n', /nests a mapping/, 1, 4],
    ['an escape', 'a: "\\q"\n', /escape/, 1, 5],
    ['two documents', 'a: 1\n---\nb: 2\n', /more than one document/, 2, 1],
    ['an unknown tag', 'a: !secret aGk=\n', /tag/, 1, 4],
  ];
  for (const [what, text, problem, line, column] of syntax) {
    it(`reports ${what} with line and column`, () => {
      const fault = faultsOf(text).find((one) => one.problem.includes('YAML syntax'))!;
      assert.match(fault.problem, problem);
      assert.deepEqual([fault.line, fault.column], [line, column]);
    });
  }

  it('reports what stands before a syntax fault, and no consequences of it', () => {
    const faults = faultsOf('pipeline: "a b"\nkafka:\n\tgroup: g\n');
    assert.equal(faults[0]?.path, 'pipeline');
    assert.match(faults[1]!.problem, /tab/);
    assert.ok(faults.every((fault) => fault.problem !== 'is missing'));
  });

  it('reports keys given twice, with both places', () => {
    const fault = onlyFault(`${pipelineText()}\npipeline: q\n`);
    assert.equal(fault.path, 'pipeline');
    assert.match(fault.problem, /given twice; first on line 1/);
    assert.equal(fault.line, pipelineText().split('\n').length + 1);
  });

  it('places faults at their key, or at the mapping that lacks one', () => {
    const text = pipelineText({ registry: { url: undefined } });
    const missing = onlyFault(text);
    assert.equal(missing.path, 'registry.url');
    assert.equal(text.split('\n')[missing.line! - 1], 'registry: {}');
    const wrong = onlyFault(pipelineText({ input: { start: 'now' } }));
    assert.match(pipelineText({ input: { start: 'now' } }).split('\n')[wrong.line! - 1]!, /^ {2}start: now/);
    assert.equal(wrong.column, 3);
  });

  it('takes anchors and aliases', () => {
    const text = `${pipelineText({ kafka: undefined, registry: undefined })}
kafka: { brokers: [a:1], group: g, tls: &tls { server_name: s } }
registry: { url: "https://r", tls: *tls }
`;
    assert.deepEqual(parsed(text).config.registry.tls, { serverName: 's', rejectUnauthorized: true });
  });

  it('reports an alias without anchor', () => {
    const fault = onlyFault(pipelineText({ model: undefined }) + 'model: *nowhere\n');
    assert.equal(fault.path, 'model');
    assert.match(fault.problem, /anchor that is not there/);
  });

  it('bounds aliases that multiply and nesting that does not end', () => {
    let bomb = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 12; i++) {
      const aliases = Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ');
      bomb += `a${i}: &a${i} [${aliases}]\n`;
    }
    assert.ok(faultsOf(bomb).some((fault) => fault.problem === 'holds too much or nests too deeply'));
    assert.ok(faultsOf('a: &a [*a]\n').length > 0);
    assert.ok(faultsOf('['.repeat(100_000)).length > 0);
    assert.ok(faultsOf(`a: ${'['.repeat(50)}${']'.repeat(50)}`).length > 0);
  });

  it('refuses keys that are no words', () => {
    assert.ok(faultsOf('? [a]\n: 1\n').some((fault) => fault.problem === 'is not a plain word'));
    const fault = onlyFault(`${pipelineText()}features: { __proto__: a }\n`);
    assert.equal(fault.path, 'features.__proto__');
  });
});
