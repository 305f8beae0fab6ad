import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BenchOptions, benchCommand, chosen } from '../../bench/harness/options.ts';

function parsed(...args: string[]): BenchOptions {
  const command = benchCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return chosen(command.parse(args, { from: 'user' }));
}

test('without arguments everybody runs five times over a million events', () => {
  const { events, rounds, peers, partitions, stages, costs, soak, from } = parsed();
  assert.deepEqual(
    { events, rounds, peers, partitions, stages, costs, soak, from },
    {
      events: 1_000_000,
      rounds: 5,
      peers: ['java', 'streams', 'python', 'kafkajs'],
      partitions: [4],
      stages: true,
      costs: undefined,
      soak: undefined,
      from: undefined,
    },
  );
});

test('a quick run has fewer events and one round, unless it is told how many', () => {
  const { events, rounds } = parsed('--quick');
  assert.deepEqual({ events, rounds }, { events: 200_000, rounds: 1 });
  assert.equal(parsed('--quick', '--rounds', '3').rounds, 3);
});

test('costs are alone, left out, or besides the rest', () => {
  assert.deepEqual([parsed('--costs').costs, parsed('--no-costs').costs], [true, false]);
});

test('lists are split and counts are numbers', () => {
  assert.deepEqual(parsed('--peers', 'java,kafkajs').peers, ['java', 'kafkajs']);
  assert.deepEqual(parsed('--peers', 'none').peers, []);
  assert.deepEqual(parsed('--partitions', '1,10').partitions, [1, 10]);
  assert.deepEqual(parsed('--from', 'a.json', 'b.json').from, ['a.json', 'b.json']);
  assert.equal(parsed('--no-stages').stages, false);
  assert.equal(parsed('--soak', '10').soak, 10);
});

test('what is no count and who is no peer is refused', () => {
  for (const args of [
    ['--events', '0'],
    ['--rounds', 'many'],
    ['--partitions', '4,x'],
    ['--peers', 'java,ruby'],
  ]) {
    assert.throws(() => parsed(...args), { code: 'commander.invalidArgument' }, args.join(' '));
  }
});
