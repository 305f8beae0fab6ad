import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { readyPeer } from '../../bench/harness/contestants.ts';
import { answerOf, Missing, prepare, reasonIn } from '../../bench/harness/needs.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-needs-'));
const { PATH, JAVA_HOME } = process.env;
const making = { signal: new AbortController().signal, onProgress: () => {} };

beforeEach(() => {
  process.env.PATH = folder;
  delete process.env.JAVA_HOME;
});
after(() => {
  process.env.PATH = PATH;
  if (JAVA_HOME !== undefined) process.env.JAVA_HOME = JAVA_HOME;
  rmSync(folder, { recursive: true });
});

test('a peer whose language is not there is left out, with what to install', async () => {
  assert.equal(
    await readyPeer('java', making),
    'no Java was found on the PATH: install a JDK 17 or newer, and Maven 3.',
  );
  process.env.JAVA_HOME = '/nowhere';
  assert.match(`${await readyPeer('streams', making)}`, /^no Java was found in JAVA_HOME \(\/nowhere\)/);
});

test('a Java that is too old is told with its version', async () => {
  writeFileSync(join(folder, 'java'), '#!/bin/sh\necho \'openjdk version "1.8.0_402"\' >&2\n', {
    mode: 0o755,
  });
  assert.equal(await readyPeer('java', making), 'Java 8 is too old: install a JDK 17 or newer.');
});

test('a peer that needs nothing but Node always runs', async () => {
  assert.equal(typeof (await readyPeer('kafkajs', making)), 'object');
});

test('a program that is not there, and one that fails, give no answer', () => {
  process.env.PATH = PATH;
  assert.equal(answerOf('no-such-program', []), undefined);
  assert.equal(answerOf(process.execPath, ['-e', 'process.exit(1)']), undefined);
  assert.equal(answerOf(process.execPath, ['-p', '1']), '1\n');
});

test('a tool that fails is told by the line in which it says why, and by what it takes', async () => {
  process.env.PATH = PATH;
  const failing = {
    file: process.execPath,
    args: ['-e', 'console.error("[INFO] x\\n[ERROR] Unknown host"), process.exit(1)'],
  };
  await assert.rejects(prepare(failing, 'It needs the network.', making.signal), (error) => {
    assert.ok(error instanceof Missing);
    assert.equal(error.message, 'Unknown host. It needs the network.');
    return true;
  });
});

test('the reason is the line that tells of an error, else the last, cut where it is endless', () => {
  assert.equal(reasonIn('x\nERROR: No matching distribution found\nmore'), 'No matching distribution found.');
  assert.equal(
    reasonIn('python ended with 1:\nTraceback\n  File "x"\nKafkaError: none\n'),
    'KafkaError: none.',
  );
  assert.equal(reasonIn('spawn mvn ENOENT'), 'spawn mvn ENOENT.');
  assert.equal(
    reasonIn('mvn ended with 1:\n\u001b[0m\u001b[0m[ERROR] No compiler\n\u001b[0m'),
    'No compiler.',
  );
  assert.equal(reasonIn(`Error: ${'x'.repeat(300)}`), `${'x'.repeat(200)} ...`);
});
