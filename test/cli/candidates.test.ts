import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { candidatesFor } from '../../src/cli/candidates.ts';
import { program } from '../../src/cli/program.ts';
import { catalogue } from '../../src/errors.ts';
import { everyCommand } from '../support/commands.ts';

/** Names of what may be written for the last word of this line. */
function names(line: string): readonly string[] | 'files' {
  const found = candidatesFor(program, line.split(' '));
  return found === 'files' ? found : found.map(({ name }) => name);
}

describe('what may be written for a word', () => {
  it('is every command that the help shows, and no other', () => {
    const top = everyCommand().filter(({ path }) => path !== '' && !path.includes(' '));
    const shown = [...top.map(({ path }) => path), 'help'];
    assert.deepEqual([...names('tidemark ')].sort(), shown.sort());
    assert.ok(!names('tidemark ').includes('completion-server'));
    assert.deepEqual(names('tidemark model '), ['describe', 'pack', 'verify', 'help']);
  });

  for (const { command, path } of everyCommand()) {
    const line = `tidemark ${path}`.trimEnd();
    it(`is every option of ${line}`, () => {
      const offered = names(`${line} -`);
      for (const { long } of command.options) assert.ok(offered.includes(long!), `${long} is not offered`);
    });

    it(`is a file, and nothing else, where ${line} expects one`, () => {
      for (const { long, flags, argChoices } of command.options) {
        const value = /<([^>]+)>/.exec(flags)?.[1];
        if (value === undefined) continue;
        const isFile = /file|folder|\.(json|jsonl|yaml|onnx|avsc)/.test(value);
        assert.deepEqual(names(`${line} ${long} `), isFile ? 'files' : (argChoices ?? []), flags);
      }
    });
  }

  it('is an option where no argument is left to give', () => {
    assert.deepEqual(names('tidemark schema '), ['--keys', '--help']);
    assert.deepEqual(names('tidemark check -c x.yaml '), names('tidemark check -'));
    assert.deepEqual(names('tidemark model describe x.onnx '), ['--json', '--help']);
  });

  it('is a file for an argument that is one, also behind options and their values', () => {
    assert.equal(names('tidemark model describe '), 'files');
    assert.equal(names('tidemark model pack --name churn --force '), 'files');
    assert.equal(names('tidemark check --config=con'), 'files');
    assert.deepEqual(names('tidemark topics --partitions=1'), []);
  });

  it('is a choice, or a code', () => {
    assert.deepEqual(names('tidemark completion '), ['bash', 'zsh', 'fish']);
    assert.deepEqual(names('tidemark errors --json '), Object.keys(catalogue));
    assert.deepEqual(names('tidemark errors E-CONFIG '), ['--json', '--help']);
  });

  it('is no option behind --', () => {
    assert.equal(names('tidemark model describe -- -'), 'files');
  });
});
