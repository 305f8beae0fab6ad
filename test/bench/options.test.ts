import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BenchOptions, benchCommand } from '../../bench/harness/options.ts';

function parsed(...args: string[]): BenchOptions {
  const command = benchCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: 'user' }).opts<BenchOptions>();
}

test('without arguments everybody runs five times over a million events', () => {
  const { events, rounds, peers, partitions, stages, soak } = parsed();
  assert.deepEqual(
    { events, rounds, peers, partitions, stages, soak },
    {
      events: 1_000_000,
      rounds: 5,
      peers: ['java', 'streams', 'python', 'kafkajs'],
      partitions: [4],
      stages: true,
      soak: undefined,
    },
  );
});

test('lists are split and counts are numbers', () => {
  assert.deepEqual(parsed('--peers', 'java,kafkajs').peers, ['java', 'kafkajs']);
  assert.deepEqual(parsed('--peers', 'none').peers, []);
  assert.deepEqual(parsed('--partitions', '1,10').partitions, [1, 10]);
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
