import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dockerAnswers } from '../../tools/stack/dockerRoad.ts';
import { contestResults, sweepResults } from './results.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-test-'));
after(() => rmSync(folder, { recursive: true }));
const docker = await dockerAnswers();

function bench(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/pipeline.ts', ...args], {
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

test('where no broker can be had, what needs one ends with what to install', { skip: docker }, () => {
  for (const args of [['--no-costs'], ['--soak', '1'], ['--partitions', '1,10']]) {
    const { status, stderr } = bench(args, { PATH: folder });
    assert.equal(status, 1, args.join(' '));
    assert.match(stderr, /no Java was found on the PATH: install Java 17 or newer/);
    assert.doesNotMatch(stderr, /^ +at /m, 'an expected fault has no stack trace');
  }
});

test('brokers that are named and cannot be used are an error, not left out', { skip: docker }, () => {
  const { status, stderr, stdout } = bench([], { PATH: folder, TIDEMARK_BROKERS: 'localhost:1' });
  assert.deepEqual([status, stdout], [1, '']);
  assert.doesNotMatch(stderr, /left out/);
});

test('saved results are shown and drawn without measuring', () => {
  const files = [contestResults, sweepResults].map((results, index) => {
    const file = join(folder, `${index}.json`);
    writeFileSync(file, JSON.stringify(results));
    return file;
  });
  const charts = join(folder, 'charts');
  const { status, stdout, stderr } = bench([
    '--from',
    ...files,
    '--charts',
    charts,
    '--machine',
    'a small one',
  ]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^a small one; /m);
  assert.match(stdout, /plain Java consumer[\s\S]*partitioner/);
  assert.match(
    stderr,
    /^!\[How many times .*: plain Java consumer: 3\.6 x, kafkajs \+ avsc: 15\.3 x\.\]\(.*peers\.svg\)$/m,
  );
  assert.equal(readdirSync(charts).length, 7);
  assert.match(readFileSync(join(charts, 'peers.svg'), 'utf8'), /^<svg role="img"[\s\S]*a small one/);
});

test('what holds no results is refused by its name', () => {
  const { status, stderr } = bench(['--from', 'package.json']);
  assert.equal(status, 1);
  assert.match(stderr, /^package\.json holds no results; expected what /);
  assert.match(bench(['--from', join(folder, 'none.json')]).stderr, /none\.json cannot be read as results/);
});
