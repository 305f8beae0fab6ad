import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultsOf, onlyFault, parsed, pipelineText } from './fixture.ts';

const groupFrom = (text: string, env: Record<string, string>, files: Record<string, string> = {}) =>
  parsed(pipelineText({ kafka: { group: text } }), { env, files }).config.kafka.group;

describe('references', () => {
  it('take a value from the environment, a default, or a file', () => {
    assert.equal(groupFrom(`\${NAME}`, { NAME: 'v' }), 'v');
    assert.equal(groupFrom(`\${NAME:-d}`, { NAME: 'v' }), 'v');
    assert.equal(groupFrom(`\${NAME:-d:-e}`, {}), 'd:-e');
    assert.equal(groupFrom(`\${NAME:-d}`, { NAME: '' }), 'd');
    assert.equal(groupFrom(`\${file:/run/secret}`, {}, { '/run/secret': 'v\n' }), 'v');
    assert.equal(groupFrom(`\${file:/run/secret}`, {}, { '/run/secret': 'a\nb\r\n' }), 'a\nb');
  });

  it('stand anywhere in a text, several times', () => {
    assert.equal(groupFrom(`a-\${A}-\${B:-b}-c`, { A: '1' }), 'a-1-b-c');
  });

  it('are not looked for in what they gave', () => {
    assert.equal(groupFrom(`\${A}`, { A: `\${B}`, B: 'x' }), `\${B}`);
  });

  it('leave $$' + '{ as a literal and a lone $ alone', () => {
    assert.equal(groupFrom(`a$\${B}$c$`, {}), `a\${B}$c$`);
  });

  it('become numbers and booleans where those are expected, and nowhere else', () => {
    const text = pipelineText({
      kafka: { group: `\${N}`, sasl: { mechanism: 'plain', username: 'u', password: `\${N}` }, tls: {} },
      batching: { max_rows: `\${N}` },
      http: { port: `\${PORT:-0}` },
      output: { register: `\${FLAG}` },
      decision: { on: 's', rules: [{ at_least: `\${AT}`, is: `\${N}` }, { is: 'b' }] },
    });
    const { config } = parsed(text, { env: { N: '012', FLAG: 'true', AT: '-0.5' } });
    assert.equal(config.batching.maxRows, 12);
    assert.deepEqual(config.http, { host: '127.0.0.1', port: 0, loopback: true });
    assert.equal(config.output.register, true);
    assert.deepEqual(config.decision?.rules, [{ atLeast: -0.5, is: '012' }, { is: 'b' }]);
    assert.equal(config.kafka.group, '012');
    assert.deepEqual(config.kafka.sasl, { mechanism: 'plain', username: 'u', password: '012' });
    assert.equal(onlyFault(pipelineText({ batching: { max_rows: '12' } })).problem, 'is text');
  });

  it('that become numbers are checked as numbers, and against other keys', () => {
    const env = { BIG: '70000', LOW: '0.1', HIGH: '0.2' };
    assert.equal(onlyFault(pipelineText({ http: { port: `\${BIG}` } }), { env }).value, `*** from \${BIG}`);
    const rules = [{ at_least: `\${LOW}`, is: 'a' }, { at_least: `\${HIGH}`, is: 'b' }, { is: 'c' }];
    const fault = onlyFault(pipelineText({ decision: { on: 's', rules } }), { env });
    assert.equal(fault.path, 'decision.rules[1].at_least');
  });

  it('that are missing are faults with path and name, all of them', () => {
    const text = pipelineText({
      kafka: { brokers: [`\${A}`, `\${B}:9092`] },
      input: { topic: `\${C}` },
      output: { topic: `\${D}\${E}` },
      registry: { url: `\${file:/none}` },
    });
    const faults = faultsOf(text, { env: { B: '' } });
    assert.deepEqual(
      faults.map(({ path, problem }) => `${path} ${problem}`),
      [
        'kafka.brokers[0] needs the environment variable A, which is not set',
        'kafka.brokers[1] needs the environment variable B, which is empty',
        'registry.url needs the file /none, which does not exist',
        'input.topic needs the environment variable C, which is not set',
        'output.topic needs the environment variable D, which is not set',
        'output.topic needs the environment variable E, which is not set',
      ],
    );
  });

  it('that are malformed are faults', () => {
    for (const text of [`\${}`, `\${A B}`, `\${9}`, `\${A`, `\${file:}`, `\${A:d}`]) {
      const fault = onlyFault(pipelineText({ kafka: { group: text } }), { env: { A: 'x' } });
      assert.equal(fault.path, 'kafka.group');
      assert.equal(fault.problem, 'holds a reference that cannot be read');
    }
  });
});
