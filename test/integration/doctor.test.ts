/**
 * `tidemark doctor` as a command, and where brokers or the registry do not answer it. What it says of the rest: doctorGroup and
 * doctorTopics; what takes brokers of its own: test/faults/.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { CHECKS } from '../../src/service/doctor/checks.ts';
import { newCardFraud } from '../support/cardFraud.ts';
import { examined, has, hasNone } from '../support/doctor.ts';
import { alter, commit, compatibility, write } from '../support/doctorGround.ts';
import { sharedStack } from '../support/stack.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const NOBODY = '127.0.0.1:1';
const MINUTE_MS = 60_000;

/** Without what differs from run to run: times, rates, ids and what the shell allows. */
function masked(text: string): string {
  return text
    .replace(/\b\d+(\.\d+)?(ms|s|m|h|d)\b( \d+(\.\d+)?(ms|s|m|h|d)\b)*/g, 'TIME')
    .replace(/\(\d+(\.\d+)? s\)/g, '(TIME)')
    .replace(/\bid \d+/g, 'id N')
    .replace(/may open \d+/, 'may open N')
    .replace(/\d+ are open/, 'N are open')
    .replace(/\s+/g, ' ');
}

describe('the command', { concurrency: true }, () => {
  test('docs/doctor.md shows what it prints', async (t) => {
    const pipeline = await newCardFraud(t, { partitions: 4 });
    const { file, group, input, output, deadLetter } = pipeline;
    await alter(input, { 'retention.ms': String(60 * MINUTE_MS) });
    await alter(deadLetter, { 'cleanup.policy': 'compact' });
    await write(input, 500, 40 * MINUTE_MS, 2);
    await commit(group, input, [0, 0, 0, 0]);
    const { stdout } = await new TidemarkProcess(t, ['doctor', '-c', file]).endsWith(1);
    const { brokers, registryUrl } = await sharedStack();
    const names = [
      [file, 'config/card-fraud.yaml'],
      [group, 'card-fraud-scorer'],
      [deadLetter, 'transactions.dead-letter'],
      [output, 'transactions.scored'],
      [input, 'transactions'],
      [brokers[0]!, 'localhost:9092'],
      [registryUrl, 'http://localhost:8081/apis/ccompat/v7'],
    ] as const;
    const printed = names.reduce((text, [own, shown]) => text.replaceAll(own, shown), stdout);
    const page = readFileSync('docs/doctor.md', 'utf8');
    const [, shown] = /```text\n([^`]*tidemark doctor -c config[\s\S]*?)```/.exec(page) ?? [];
    assert.ok(shown !== undefined, `docs/doctor.md shows nothing; it would be\n${printed}`);
    const withoutCommand = shown.slice(shown.indexOf('\n') + 1);
    assert.equal(masked(withoutCommand), masked(printed), `to be shown:\n${printed}`);
  });

  test('a healthy pipeline: every check is told, and only --strict minds that there is one broker', async (t) => {
    const pipeline = await newCardFraud(t);
    await alter(pipeline.deadLetter, { 'max.message.bytes': String(2 * 1024 * 1024) });
    await compatibility(`${pipeline.input}-value`, 'FORWARD');
    const strict = new TidemarkProcess(t, ['doctor', '-c', pipeline.file, '--strict']);
    const plain = new TidemarkProcess(t, ['doctor', '-c', pipeline.file, '--json']);
    const report = JSON.parse((await plain.endsWith(0)).stdout);
    assert.equal(report.ok, true);
    assert.deepEqual(
      report.checks.map(({ id }: { id: string }) => id),
      CHECKS.map(({ id }) => id),
    );
    const others = report.checks.filter(({ status }: { status: string }) => status !== 'ok');
    assert.deepEqual(
      others.map(({ id, status }: { id: string; status: string }) => `${id} ${status}`),
      ['durability warn'],
    );
    assert.equal(report.counts.fail, 0);
    const { stdout } = await strict.endsWith(1);
    assert.match(stdout, /^! durability .*replication factor 1/m);
    assert.match(stdout, /^ +fix: .*min\.insync\.replicas 2/m);
    assert.match(stdout, /^1 warning, \d+ in order \(.* s\)$/m);
  });

  test('an unknown check, and a file with faults, are wrong usage', async (t) => {
    const pipeline = await newCardFraud(t);
    const unknown = new TidemarkProcess(t, ['doctor', '-c', pipeline.file, '--skip', 'acls,weather']);
    const wrong = new TidemarkProcess(t, ['doctor', '-c', pipeline.fileWith({ 'kafka.grup': 'x' })]);
    await unknown.endsWith(2);
    assert.match(unknown.story(), /no check is called weather; there are parts, brokers/);
    await wrong.endsWith(2);
    assert.match(wrong.story(), /kafka\.grup/);
  });

  test('too few file descriptors', async (t) => {
    const pipeline = await newCardFraud(t);
    const skip = CHECKS.map(({ id }) => id).filter((id) => id !== 'descriptors');
    const command = `ulimit -n 80; exec "$0" src/cli/main.ts doctor -c "$1" --json --skip ${skip.join(',')}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, pipeline.file], {
      encoding: 'utf8',
    });
    assert.equal(status, 1, stderr);
    has(JSON.parse(stdout).checks[0].verdicts, 'fail', /may open 80; .* needs up to 1\d\d/, /ulimit -n/);
  });
});

describe('what does not answer', () => {
  test('no broker: what needs one is skipped, with the reason, and the registry is told', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const all = await examined(fileWith({ 'kafka.brokers': [NOBODY] }), ...CHECKS.map(({ id }) => id));
    const of = (id: string) => all.find((each) => each.id === id)!.verdicts;
    has(of('brokers'), 'fail', /none of kafka.brokers \(127.0.0.1:1\) answers: .*ECONNREFUSED/, /network/);
    for (const { id, needs } of CHECKS)
      if (needs.includes('kafka')) has(of(id), 'skipped', /because no broker answers/);
    hasNone(of('registry'), 'fail', 'skipped', 'warn');
    hasNone(of('subjects'), 'fail', 'skipped');
  });

  test('one of the brokers of the file: the others serve', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const { brokers } = await sharedStack();
    const file = fileWith({ 'kafka.brokers': [NOBODY, ...brokers] });
    const [first, second] = await examined(file, 'brokers', 'topics');
    has(first!.verdicts, 'warn', /127.0.0.1:1 of kafka.brokers does not answer/, /Take it out/);
    has(first!.verdicts, 'ok', /1 of 1 broker answered/);
    hasNone(second!.verdicts, 'fail', 'skipped', 'warn');
  });

  test('no registry: its checks say so, and the brokers’ are told', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const file = fileWith({ 'registry.url': `http://${NOBODY}` });
    const [registry, topics, subjects, clock] = await examined(
      file,
      'registry',
      'topics',
      'subjects',
      'clock',
    );
    has(registry!.verdicts, 'fail', /E-REGISTRY-UNREACHABLE/, /Bring the registry back/);
    has(subjects!.verdicts, 'skipped', /because .*ECONNREFUSED/);
    has(clock!.verdicts, 'skipped', /tells no time/);
    hasNone(topics!.verdicts, 'fail', 'skipped', 'warn');
  });
});
