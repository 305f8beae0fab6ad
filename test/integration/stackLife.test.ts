/** The life of stacks of their own, on other ports than the shared one. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { freePorts } from '../../tools/stack/ports.ts';
import { isRunning } from '../../tools/stack/processes.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';
import { readState } from '../../tools/stack/state.ts';
import { waitFor } from '../../tools/stack/wait.ts';
import { createTopic, produce, readAll, registerSchema, uniqueName, withAdmin } from '../support/stack.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'tools', 'stack', 'main.ts');
const scratch = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
after(() => rmSync(scratch, { recursive: true }));

/** The command must start parts even where the test run itself was given some. */
const environment = { ...process.env, TIDEMARK_BROKERS: '', TIDEMARK_REGISTRY_URL: '' };

async function stackCommand(...args: string[]): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...args], {
      env: environment,
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, output: failed.stdout + failed.stderr };
  }
}

async function placement(name: string) {
  const folder = join(scratch, name);
  const [broker, registry] = await freePorts(2);
  const upArguments = ['--state', folder, '--port', String(broker), '--registry-port', String(registry)];
  return { folder, broker: `localhost:${broker}`, upArguments };
}

function processesOf(folder: string) {
  const state = readState(folder);
  return Object.values(state?.pids ?? {}).map((pid) => ({ pid, mark: state!.plan.mark }));
}

test('up is idempotent and heals, down --keep keeps, down leaves nothing', async () => {
  const { folder, broker, upArguments } = await placement('life');
  const inFolder = ['--state', folder];
  try {
    assert.match((await stackCommand('up', ...upArguments)).output, /The stack is up\./);
    const processes = processesOf(folder);
    assert.equal(processes.length, 2);
    assert.match((await stackCommand('up', ...upArguments)).output, /was up already/);
    assert.deepEqual(processesOf(folder), processes);

    const topic = await createTopic(uniqueName('kept'), 1, { brokers: [broker] });
    await produce(topic, [{ value: 'kept' }], { brokers: [broker] });
    const { registryUrl } = readState(folder)!;
    const subject = uniqueName('kept');
    const id = await registerSchema(subject, '"string"', { registryUrl });

    process.kill(processes[0]!.pid, 'SIGKILL');
    await waitFor(() => !isRunning(processes[0]!), 'the killed part to be gone', 10_000);
    const status = await stackCommand('status', '--json', ...inFolder);
    assert.equal(status.code, 1);
    assert.equal(JSON.parse(status.output).state, 'partly up');
    assert.equal((await stackCommand('up', ...upArguments)).code, 0);

    assert.equal((await stackCommand('down', '--keep', ...inFolder)).code, 0);
    assert.deepEqual(processesOf(folder), []);
    assert.equal((await stackCommand('up', ...upArguments)).code, 0);
    const records = await readAll(topic, { brokers: [broker] });
    assert.deepEqual(
      records.map((record) => String(record.value)),
      ['kept'],
    );
    assert.equal(await registerSchema(subject, '"string"', { registryUrl }), id);

    const last = processesOf(folder);
    assert.equal((await stackCommand('down', ...inFolder)).code, 0);
    assert.deepEqual(last.map(isRunning), [false, false]);
    assert.equal(existsSync(join(folder, 'broker-1')), false);
    assert.match((await stackCommand('down', ...inFolder)).output, /No stack is up/);
  } finally {
    await stackCommand('down', ...inFolder);
  }
});

test('an interrupt while it starts leaves nothing running', async () => {
  const { folder, upArguments } = await placement('interrupted');
  const command = spawn(process.execPath, [MAIN, 'up', ...upArguments], {
    env: environment,
    stdio: 'ignore',
  });
  const ended = once(command, 'exit');
  const started = await waitFor(
    () => (processesOf(folder).length === 2 ? processesOf(folder) : undefined),
    'both parts to be started',
    60_000,
    { everyMs: 5 },
  );
  command.kill('SIGINT');
  command.kill('SIGINT');
  const [code] = await ended;
  assert.equal(code, 1);
  assert.deepEqual(started.map(isRunning), [false, false]);
  assert.equal(readState(folder), undefined);
});

test('a stack ends with the process that started it', async () => {
  const script = `
    import { startStack } from ${JSON.stringify(join(import.meta.dirname, '..', '..', 'tools', 'stack', 'stack.ts'))};
    const stack = await startStack({ given: { brokers: ['none'] }, stateDir: process.argv[1] });
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const folder = join(scratch, 'owned');
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(owner.stdout, 'data');
  const processes = processesOf(folder);
  assert.deepEqual(processes.map(isRunning), [true]);
  owner.kill('SIGTERM');
  const [, signal] = await once(owner, 'exit');
  assert.equal(signal, 'SIGTERM');
  await waitFor(() => !processes.some(isRunning), 'the registry to be gone', 10_000);
});

async function saysHello(options: ConstructorParameters<typeof Kafka>[0]): Promise<string> {
  const admin = new Kafka({ ...options, logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    await admin.listTopics();
    return 'welcome';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await admin.disconnect();
  }
}

async function knowsSecrets(stack: Stack, username: string): Promise<void> {
  const brokers = [...stack.saslBrokers];
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
    const sasl = (password: string) => ({ mechanism, username, password }) as never;
    assert.equal(await saysHello({ brokers, sasl: sasl('right') }), 'welcome', mechanism);
    assert.match(await saysHello({ brokers, sasl: sasl('wrong') }), /authentication failed/i, mechanism);
  }
  const tls = stack.tls!;
  assert.equal(await saysHello({ brokers: [...tls.brokers], ssl: { ca: tls.ca } }), 'welcome');
  assert.match(await saysHello({ brokers: [...tls.brokers], ssl: true }), /self-signed certificate/);
}

async function brokersAlive(brokers: readonly string[], count: number): Promise<boolean> {
  return withAdmin(async (admin) => (await admin.describeCluster()).brokers.length === count, brokers);
}

test('three brokers: one can be lost and comes back, and the secured listeners check who knocks', async () => {
  const stack = await startStack({ brokers: 3, sasl: { username: 'alice', password: 'right' }, tls: true });
  try {
    await knowsSecrets(stack, 'alice');
    const { brokers } = stack;
    const topic = await createTopic(uniqueName('three'), 3, { replication: 3, brokers });
    const write = (value: string) =>
      produce(
        topic,
        [0, 1, 2].map((partition) => ({ value, partition })),
        { brokers },
      );
    await write('before');
    await stack.killBroker(1);
    // Until the controller misses the broker's heartbeats, clients are still sent to it.
    const rest = [brokers[0]!, brokers[2]!];
    await waitFor(() => brokersAlive(rest, 2), 'the lost broker to be missed', 60_000, { everyMs: 500 });
    await write('while one is lost');
    await stack.startBroker(1);
    await write('after');
    const values = (await readAll(topic, { brokers })).map((record) => String(record.value));
    assert.deepEqual(
      values,
      [0, 1, 2].flatMap(() => ['before', 'while one is lost', 'after']),
    );

    const subject = uniqueName('survives');
    const id = await registerSchema(subject, '"string"', stack);
    await stack.stopRegistry();
    await assert.rejects(registerSchema(subject, '"string"', stack));
    await stack.startRegistry();
    assert.equal(await registerSchema(subject, '"string"', stack), id);
  } finally {
    await stack.stop();
  }
});
