/** Whatever command there is, its help says what it does, with units and defaults, examples and exit status. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyCommand, helpOf, unknownWords } from '../support/commands.ts';

/** Where an option with a value is left out, this says what holds instead, or that it cannot be left out. */
const SAYS_DEFAULT = /default|needed|required/i;
/** Without a word for what goes there, nobody knows its unit. */
const VAGUE = /^(value|n|x|arg|string|number)$/i;

/** `tidemark check -c x.yaml | jq .faults   words` to the words of tidemark's own command line. */
function wordsOf(example: string): string[] {
  const [own] = example.split(/ [|>] | {2,}|\)/);
  return own!.split(' ').slice(1).filter(Boolean);
}

for (const { command, path } of everyCommand()) {
  const help = helpOf(command);
  describe(`tidemark ${path} --help`, () => {
    it('says what it does for whom runs it', () => {
      assert.ok(command.description().length >= 30, `too little: '${command.description()}'`);
    });

    it('explains each option and argument, with what holds when it is left out', () => {
      for (const option of command.options) {
        assert.ok(option.description.length >= 10, `${option.flags} has no description`);
        const value = /[<[]([^>\]]+)/.exec(option.flags)?.[1];
        if (value === undefined) continue;
        assert.ok(!VAGUE.test(value), `${option.flags}: '${value}' does not say what is meant, nor its unit`);
        const told = option.mandatory || option.defaultValue !== undefined;
        assert.ok(told || SAYS_DEFAULT.test(option.description), `${option.flags} does not say its default`);
      }
      for (const argument of command.registeredArguments)
        assert.ok(argument.description.length >= 10, `${argument.name()} has no description`);
    });

    it('has examples of its own that the command line understands', () => {
      const examples = help.split('\nExamples:\n')[1] ?? '';
      const lines = examples.split('\n').filter((line) => line.startsWith('  $ '));
      assert.ok(
        lines.some((line) => line.includes(`tidemark ${path}`)),
        `no example:\n${help}`,
      );
      for (const [example] of help.replaceAll('\\\n', '').matchAll(/\btidemark [a-z-].*/g)) {
        if (!help.includes(`$ ${example}`) && !help.includes(`(${example}`)) continue;
        assert.deepEqual(unknownWords(wordsOf(example)), [], `in the help of ${path}: ${example}`);
      }
    });

    it('tells its exit status, of success and of wrong usage', () => {
      const [, told] = /\nExit status:((?:.|\n)*?)(?:\n\n|$)/.exec(help) ?? [];
      assert.ok(told !== undefined, `no exit status:\n${help}`);
      for (const status of [0, 2]) assert.match(told, new RegExp(`\\b${status}\\b`));
    });

    it('fits a terminal of 90 columns', () => {
      for (const line of help.split('\n')) assert.ok(line.length <= 90, `${line.length}: ${line}`);
    });

    it('shows no default that says nothing', () => {
      assert.doesNotMatch(help, /\(default: (false|\[\]|undefined)\)/);
    });
  });
}
