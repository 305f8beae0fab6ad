/**
 * What users install is what is tested: the packed tarball, in an empty folder, by README.md's own lines; then the command, and
 * the programs of docs/library.md, type-checked and run.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { freePorts } from '../../tools/stack/ports.ts';
import { type CardFraud, cardFraudYaml, countOf, newCardFraud } from '../support/cardFraud.ts';
import { closeBrowser, noChromium, visit } from '../support/chromium.ts';
import { decisionOf, type Payment, payments, scoresOf } from '../support/payments.ts';
import { readScored } from '../support/scored.ts';
import { sharedStack, waitFor } from '../support/stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMPILER = join(ROOT, 'node_modules/.bin/tsc');
const folder = mkdtempSync(join(tmpdir(), 'tidemark-package-'));
const app = join(folder, 'app');
const run = promisify(execFile);

/** The commands of README.md's section on installing. */
const commands =
  section(readFileSync(join(ROOT, 'README.md'), 'utf8'), '## Install').match(/(?<=^ {4})\S.*$/gm) ?? [];
/** The programs of docs/library.md: a service, and a job. */
const programs = [
  ...readFileSync(join(ROOT, 'docs/library.md'), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms),
].map(([, text]) => text!);

let environment: NodeJS.ProcessEnv;

before(async () => {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
  const tarball = join(folder, stdout.trim().split('\n').at(-1)!);
  mkdirSync(app);
  const { brokers, registryUrl } = await sharedStack();
  environment = {
    ...process.env,
    TIDEMARK_BROKERS: brokers.join(','),
    TIDEMARK_REGISTRY_URL: registryUrl,
    // What was fetched once is not fetched again.
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
  };
  const [install, copy] = commands;
  assert.match(install ?? '', /^npm install .*\btidemark$/);
  await shell(install!.replace(/tidemark$/, tarball));
  await shell(copy!);
});

after(async () => {
  await closeBrowser();
  rmSync(folder, { recursive: true, force: true });
});

function section(text: string, title: string): string {
  return text.slice(text.indexOf(`${title}\n`)).split(/^## /m)[1]!;
}

/** Runs a line of the documents in the folder. @returns standard output */
async function shell(line: string): Promise<string> {
  try {
    return (await run('sh', ['-c', line], { cwd: app, env: environment })).stdout;
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout: string; stderr: string };
    throw new Error(`${line}\n${stdout}${stderr}`, { cause });
  }
}

/** Writes a program of the documents into the folder, and the example pipeline, with a test's own names. */
async function programFor(pipeline: CardFraud, text: string, name: string): Promise<void> {
  writeFileSync(
    join(app, name),
    text.replaceAll("'transactions", `'${pipeline.input}`).replaceAll('card-fraud-job', pipeline.group),
  );
  writeFileSync(join(app, 'config/card-fraud.yaml'), cardFraudYaml(pipeline, await sharedStack(), {}));
}

async function assertScored(
  { output }: CardFraud,
  sent: readonly Payment[],
  decide: (score: number) => string,
) {
  const scores = new Map((await scoresOf(sent)).map((score, at) => [sent[at]!.transaction_id, score]));
  const events = await readScored(output);
  assert.equal(events.length, sent.length);
  for (const { value } of events) {
    const expected = scores.get(value.transaction_id as string)!;
    assert.ok(Math.abs((value.score as number) - expected) < 1e-5, `${value.score} is not ${expected}`);
    assert.equal(value.decision, decide(value.score as number));
  }
}

test('it installs what it needs and nothing for graphics cards, and the command says its version', async () => {
  const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.equal((await shell('npx tidemark --version')).trim(), about.version);
  const installed = join(app, 'node_modules/onnxruntime-node/bin');
  assert.ok(existsSync(installed));
  assert.deepEqual(globSync('**/*{cuda,tensorrt}*', { cwd: installed }), []);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')).dependencies), [
    'tidemark',
  ]);
});

test('the example pipeline is proved as README.md says, and scores a topic from the command', async (t) => {
  assert.equal(commands.length, 3);
  assert.match(await shell(commands[2]!), /config\/card-fraud\.yaml holds together/);
  const pipeline = await newCardFraud(t, { partitions: 2 });
  const sent = payments(400);
  await pipeline.send(sent);
  await programFor(pipeline, '', 'nothing.ts');
  assert.match(await shell('npx tidemark check -c config/card-fraud.yaml --live'), /holds together/);
  const summary = JSON.parse(await shell('npx tidemark run -c config/card-fraud.yaml --until-end'));
  assert.deepEqual(
    { ...summary, seconds: 0, eventsPerSecond: 0 },
    {
      pipeline: 'card-fraud',
      scored: 400,
      deadLettered: 0,
      skipped: 0,
      seconds: 0,
      eventsPerSecond: 0,
    },
  );
  await assertScored(pipeline, sent, decisionOf);
});

test('the console of the installed command loads whole and works', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 2 });
  await pipeline.send(payments(50));
  const [port] = await freePorts(1);
  const file = pipeline.fileWith({ http: { port } });
  const child = spawn(join(app, 'node_modules/.bin/tidemark'), ['run', '-c', file], {
    cwd: app,
    env: environment,
  });
  t.after(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}/`;
  await waitFor(async () => (await fetch(`${url}readyz`).catch(() => undefined))?.ok, 'it is ready', 30_000);
  const script = await fetch(`${url}console/main.js`);
  assert.equal(script.status, 200);
  assert.match(script.headers.get('content-type') ?? '', /^text\/javascript/);
  if (noChromium) return t.diagnostic(noChromium);
  const { page, complaints } = await visit(t, url);
  await page.getByText('50 since the process started').waitFor();
  await page.getByRole('heading', { name: 'The journey of an event' }).waitFor();
  assert.deepEqual(complaints, []);
});

/** Compiles programs of a user as strictly as there is, types of dependencies included. @returns what the compiler says */
async function compile(files: readonly string[], options: readonly string[]): Promise<string> {
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
  const whole = ['--skipLibCheck', 'false', '--target', 'es2024', '--erasableSyntaxOnly', ...options];
  try {
    await run(COMPILER, ['--ignoreConfig', ...strict, ...whole, ...files], { cwd: app });
    return '';
  } catch (cause) {
    return (cause as { stdout: string }).stdout;
  }
}

const NODE_TYPES = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
const NODE = ['--module', 'nodenext', ...NODE_TYPES];
const BUNDLER = ['--module', 'esnext', '--moduleResolution', 'bundler', ...NODE_TYPES];

test('the programs of docs/library.md compile as strictly as there is; misspelt words and inner modules do not', async () => {
  assert.equal(programs.length, 2);
  const files = programs.map((text, at) => {
    writeFileSync(join(app, `program${at}.mts`), text);
    return `program${at}.mts`;
  });
  assert.equal(await compile(files, NODE), '');
  assert.equal(await compile(files, BUNDLER), '');
  const misspelt = programs[1]!.replace("id: 'transaction_id'", "out_of_range: 'earlyest'");
  writeFileSync(join(app, 'misspelt.mts'), misspelt);
  writeFileSync(join(app, 'inside.mts'), "import 'tidemark/dist/errors.js';\n");
  const refused = await compile(['misspelt.mts', 'inside.mts'], NODE);
  assert.match(refused, /misspelt\.mts.*"earlyest"/);
  assert.match(refused, /inside\.mts.*TS2(307|882)/);
});

test('its types need no types of other packages', async () => {
  const text = `
    import { createPipeline, type ErrorCode, type HealthReport, type Logger, type Pipeline, TidemarkError } from 'tidemark';
    declare const logger: Logger;
    const pipeline: Pipeline = createPipeline('pipeline.yaml', { logger });
    const ready: HealthReport = pipeline.health().ready;
    const codeOf = (fault: unknown): ErrorCode | undefined => fault instanceof TidemarkError ? fault.code : undefined;
    export const scored: Promise<number> = pipeline.done.then(({ scored }) => scored);
    export { codeOf, ready };`;
  writeFileSync(join(app, 'alone.mts'), text);
  assert.equal(await compile(['alone.mts'], ['--module', 'nodenext', '--types', '']), '');
});

test('the service of docs/library.md scores, answers, and ends by itself on SIGTERM', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 2 });
  await programFor(pipeline, programs[0]!, 'service.ts');
  const [port] = await freePorts(1);
  const child = spawn(process.execPath, ['service.ts'], {
    cwd: app,
    env: { ...environment, PORT: String(port) },
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  await waitFor(() => said.includes('scoring\n'), 'it has started', 30_000);
  const sent = payments(300);
  await pipeline.send(sent);
  await waitFor(async () => (await countOf(pipeline.output)) === sent.length, 'scores', 30_000);
  const metrics = await (await fetch(`http://localhost:${port}/metrics`)).text();
  assert.match(metrics, /^tidemark_batch_rows_sum\{pipeline="[^"]+"\} [1-9]/m);
  assert.equal((await fetch(`http://localhost:${port}/`)).status, 200);
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const [status] = await once(child, 'close');
  clearTimeout(late);
  assert.equal(status, 0, said);
  assert.match(said, /scored 300 events\n/);
  await assertScored(pipeline, sent, decisionOf);
});

test('the job of docs/library.md scores what is there and ends', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 2 });
  const sent = payments(200);
  await pipeline.send(sent);
  await programFor(pipeline, programs[1]!, 'job.ts');
  const { stdout } = await run(process.execPath, ['job.ts'], { cwd: app, env: environment });
  assert.match(stdout, /^\{"scored":200,.*"endReached":true\}$/m);
  assert.doesNotMatch(stdout, /batchDelivered/, 'its logger hears from the level of the configuration on');
  await assertScored(pipeline, sent, (score) => (score >= 0.9 ? 'block' : 'allow'));
});
