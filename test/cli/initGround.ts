/** What the tests of `tidemark init` share: a model and a topic, and ways to run it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { initCommand } from '../../src/cli/init.ts';
import { exitStatus } from '../../src/cli/output.ts';
import { TidemarkError } from '../../src/errors.ts';
import { temporaryFolder } from '../support/cardFraud.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

export const OWN = 'test/fixtures/own';
export const MODELS = 'test/fixtures/models';
export const NOBODY = ['--brokers', 'localhost:1', '--topic', 'biopsies'];
export const OFFLINE = [
  ...NOBODY,
  '--registry',
  'http://localhost:1',
  '--offline',
  '--schema',
  `${OWN}/biopsy.avsc`,
];
export const MATRIX = ['--model', `${OWN}/matrix.onnx`];
export const FEATURES = ['--features', `${OWN}/features.yaml`];
const PLACES = ['--place', 'ca_15_3=labs["ca 15-3"]', '--place', 'thickness=thickness[0]'];
export const WHOLE = [...MATRIX, ...FEATURES, ...PLACES, ...OFFLINE];

/** Runs `init` into a new folder. */
export async function init(t: TestContext, ...args: string[]) {
  const folder = temporaryFolder(t);
  const out = join(folder, 'own');
  const process = new TidemarkProcess(t, ['init', '--out', out, ...args]);
  const { status, stdout } = await process.ended;
  const told = process.logs.map(({ msg }) => msg).join('\n');
  return { status, stdout, told, out, left: () => readdirSync(folder) };
}

/** Runs `init` in this process, for there are many: nothing but what it throws is looked at. */
export async function refused(t: TestContext, status: 1 | 2, said: RegExp, ...args: string[]): Promise<void> {
  const folder = temporaryFolder(t);
  const command = initCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const out = ['--out', join(folder, 'own')];
  const thrown = await command.parseAsync([...out, ...args], { from: 'user' }).then(
    () => assert.fail('it was not refused'),
    (cause: Error) => cause,
  );
  if (thrown instanceof TidemarkError) {
    assert.match(`${thrown.code} ${thrown.message}`, said);
    assert.equal(exitStatus(thrown), status);
  } else assert.match(thrown.message, said);
  assert.deepEqual(readdirSync(folder), [], 'something was left behind');
}

/** A registry that gives the same answer to whatever it is asked, but to the list of its subjects. */
export async function registryThat(
  t: TestContext,
  status: number,
  answer: object,
  subjects: readonly string[] = [],
) {
  const server = createServer((request, response) => {
    const isList = request.url === '/subjects' && status !== 401;
    response.writeHead(isList ? 200 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isList ? subjects : answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return ['--registry', url];
}
