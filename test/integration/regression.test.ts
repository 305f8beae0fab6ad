/** docs/tutorials/regression.md does what it says: its commands are run as they stand, but for the stack that is there already. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { parseDocument } from 'yaml';
import { setKeys, temporaryFolder } from '../support/cardFraud.ts';
import { readScored } from '../support/scored.ts';
import { sharedStack, uniqueName } from '../support/stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DELIVERY = 'test/fixtures/delivery';
const TOLERANCE = 1e-5;

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const page = read('docs/tutorials/regression.md');

function commandsOfPage(): string[] {
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map((block) => block[1]!);
  const lines = blocks.join('').replaceAll('\\\n', ' ').trim().split('\n');
  assert.equal(lines.length, 7, lines.join('\n'));
  return lines.filter((line) => line !== 'npm run stack -- up');
}

/** A folder that looks like the root of the project, with topics of the test's own. */
function ownRoot(t: TestContext, topic: string): string {
  const folder = temporaryFolder(t);
  for (const same of ['src', 'tools', 'node_modules', 'package.json'])
    symlinkSync(join(ROOT, same), join(folder, same));
  cpSync(join(ROOT, DELIVERY), join(folder, DELIVERY), { recursive: true });
  mkdirSync(join(folder, 'models'));
  const file = join(folder, DELIVERY, 'deliveries.yaml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  setKeys(document, {
    'kafka.group': topic,
    'input.topic': topic,
    'output.topic': `${topic}.timed`,
    'dead_letter.topic': `${topic}.dead-letter`,
    http: 'off',
  });
  writeFileSync(file, document.toString());
  return folder;
}

test('the commands of the tutorial predict the minutes that scikit-learn predicts', async (t) => {
  const topic = uniqueName('orders');
  const cwd = ownRoot(t, topic);
  const { brokers, registryUrl } = await sharedStack();
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    TIDEMARK_BROKERS: brokers.join(','),
    TIDEMARK_REGISTRY_URL: registryUrl,
  };
  let said = '';
  for (const command of commandsOfPage()) {
    const own = command.replace('--topic orders ', `--topic ${topic} `);
    said = (await promisify(execFile)('bash', ['-c', own], { cwd, env })).stdout;
  }
  assert.match(said, /"scored":40,"deadLettered":0,"skipped":0/);
  assert.match(page, /The last line says `"scored":40`/);

  const minutes: Readonly<Record<string, number>> = JSON.parse(read(`${DELIVERY}/minutes.json`));
  const scored = await readScored(`${topic}.timed`);
  assert.equal(scored.length, 40);
  const promises = new Set<unknown>();
  for (const { record, value } of scored) {
    const id = value.order_id as string;
    const found = value.minutes as number;
    const trained = minutes[id]!;
    assert.ok(
      Math.abs(found - trained) <= TOLERANCE * trained,
      `${id}: ${found}, scikit-learn says ${trained}`,
    );
    assert.equal(value.promise, trained >= 45 ? 'long' : trained >= 25 ? 'usual' : 'quick');
    assert.equal(record.key?.toString(), id);
    promises.add(value.promise);
    if (id === 'order-0')
      assert.ok(page.includes(`"minutes": ${found.toFixed(2)}, "promise": "${value.promise}"`));
  }
  assert.equal(promises.size, 3, 'every decision occurs');
});

test('what the tutorial shows of the pipeline and of the export is what the files say', () => {
  const shown = [...page.matchAll(/^```(?:yaml|python)\n(.*?)^```/gms)].map((block) => block[1]!);
  assert.equal(shown.length, 2);
  assert.ok(read(`${DELIVERY}/make.py`).includes(shown[0]!), 'make.py');
  assert.ok(read(`${DELIVERY}/deliveries.yaml`).includes(shown[1]!), 'deliveries.yaml');
});
