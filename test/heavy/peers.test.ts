/** The peers of the benchmark in other languages are built, run and score all events; it takes a JDK, Maven, Python and their packages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf } from '../../bench/harness/needs.ts';
import { run } from '../../bench/harness/process.ts';
import { ownStack } from '../support/ownStack.ts';

const EVENTS = 2_000;
const NEEDED = [
  ['javac', '-version'],
  ['mvn', '-version'],
  ['python3', '-m', 'venv', '--help'],
] as const;
const lacking = NEEDED.filter(([file, ...args]) => answerOf(file, args) === undefined).map(([file]) => file);
const skip = lacking.length > 0 ? `the peers need ${lacking.join(', ')}` : false;
const stack = skip === false ? await ownStack() : undefined;

test('the benchmark builds the Java, Kafka Streams and Python peers, and each scores every event', {
  skip,
}, async () => {
  const { brokers, registryUrl } = stack!;
  const env = { TIDEMARK_BROKERS: brokers.join(','), TIDEMARK_REGISTRY_URL: registryUrl };
  const few = ['--events', `${EVENTS}`, '--rounds', '1', '--no-costs', '--json'];
  const args = ['bench/pipeline.ts', ...few, '--peers', 'java,streams,python'];
  const printed = await run({ file: process.execPath, args }, env, AbortSignal.timeout(900_000));
  const { standings, leftOut } = JSON.parse(printed);
  assert.deepEqual(leftOut, []);
  assert.deepEqual(standings.map(({ name }: { name: string }) => name).toSorted(), [
    'java',
    'python',
    'streams',
    'tidemark',
  ]);
  for (const { name, runs } of standings)
    assert.deepEqual(
      runs.map(({ scored }: { scored: number }) => scored),
      [EVENTS],
      name,
    );
});
