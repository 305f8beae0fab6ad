import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { findJava } from '../../tools/stack/artifacts.ts';
import { givenBy } from '../../tools/stack/environment.ts';
import { serverProperties } from '../../tools/stack/kafka.ts';
import { planStack } from '../../tools/stack/plan.ts';
import { LOOPBACK } from '../../tools/stack/ports.ts';
import { endProcesses, isRunning } from '../../tools/stack/processes.ts';
import { downStack, startStack, statusOf } from '../../tools/stack/stack.ts';
import { type StackPlan, writeState } from '../../tools/stack/state.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
after(() => rmSync(scratch, { recursive: true }));

const plan = (brokers: number): StackPlan => ({
  road: 'java',
  mark: 'tidemark-test-mark',
  clusterId: 'c',
  brokers: Array.from({ length: brokers }, (_, at) => ({ plain: 9000 + at, controller: 9100 + at })),
  registryPort: 8000,
});

function propertiesOf(text: string): Map<string, string> {
  const lines = text.trimEnd().split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

test('brokers and registry are taken from the environment, each alone or both', () => {
  assert.deepEqual(givenBy({}), {});
  assert.deepEqual(givenBy({ TIDEMARK_BROKERS: ' ', TIDEMARK_REGISTRY_URL: '' }), {});
  assert.deepEqual(givenBy({ TIDEMARK_BROKERS: 'a:1, b:2,' }), { brokers: ['a:1', 'b:2'] });
  assert.deepEqual(givenBy({ TIDEMARK_REGISTRY_URL: 'http://r:8081/' }), { registryUrl: 'http://r:8081' });
});

test('what the environment gives is used and nothing is started', async () => {
  const folder = join(scratch, 'given');
  const given = { brokers: ['a:1'], registryUrl: 'http://r:8081' };
  const stack = await startStack({ given, stateDir: folder });
  assert.deepEqual([stack.brokers, stack.registryUrl], [['a:1'], 'http://r:8081']);
  assert.equal((await statusOf(folder)).state, 'down');
});

test('internal topics have as many replicas as there are brokers', () => {
  const names = ['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'];
  for (const [brokers, inSync] of [
    [1, '1'],
    [3, '2'],
  ] as const) {
    const properties = propertiesOf(serverProperties(plan(brokers), 0, { data: 'd', keystore: 'k' }));
    for (const name of names)
      assert.equal(properties.get(`${name}.replication.factor`), String(brokers), name);
    assert.equal(properties.get('transaction.state.log.min.isr'), inSync);
    assert.equal(properties.get('controller.quorum.voters')?.split(',').length, brokers);
  }
});

test('every listener is bound to loopback only', () => {
  const secured = {
    ...plan(1),
    brokers: [{ plain: 1, controller: 2, sasl: 3, tls: 4 }],
    sasl: { username: 'u', password: 'p' },
  };
  const properties = propertiesOf(serverProperties(secured, 0, { data: 'd', keystore: 'k' }));
  assert.deepEqual(
    properties
      .get('listeners')
      ?.split(',')
      .map((listener) => listener.replace(/^.*\/\//, '')),
    ['127.0.0.1:1', '127.0.0.1:3', '127.0.0.1:4', '127.0.0.1:2'],
  );
});

test('docker-compose.yml publishes every port on loopback only', () => {
  const file = parse(readFileSync(join(import.meta.dirname, '..', '..', 'docker-compose.yml'), 'utf8'), {
    merge: true,
  }) as {
    services: Record<string, { ports?: string[]; environment: Record<string, unknown> }>;
  };
  const published = Object.entries(file.services).flatMap(([name, { ports = [] }]) =>
    ports.map((port) => ({ name, port })),
  );
  assert.deepEqual(
    [...new Set(published.map(({ name }) => name))],
    ['broker-1', 'broker-2', 'broker-3', 'registry', 'tidemark', 'prometheus', 'grafana'],
  );
  for (const { name, port } of published) assert.match(port, /^127\.0\.0\.1:/, name);
  assert.equal(file.services['broker-2']?.environment.KAFKA_NODE_ID, 2);
  assert.equal(file.services['broker-2']?.environment.KAFKA_PROCESS_ROLES, 'broker,controller');
});

test('a taken port is named together with the option that changes it', async () => {
  const other = createServer().listen(0, LOOPBACK);
  await once(other, 'listening');
  const taken = (other.address() as { port: number }).port;
  try {
    const asBroker = planStack({ ports: { broker: taken, registry: 1 } }, 'java', undefined);
    await assert.rejects(asBroker, { name: 'StackError', message: new RegExp(`Port ${taken} .*--port`) });
    const given = { brokers: ['a:1'] };
    const asRegistry = planStack({ given, ports: { broker: 1, registry: taken } }, 'java', undefined);
    await assert.rejects(asRegistry, {
      name: 'StackError',
      message: new RegExp(`Port ${taken} .*--registry-port`),
    });
  } finally {
    other.close();
  }
});

test('kept data of another number of brokers is refused', async () => {
  await assert.rejects(planStack({ brokers: 1 }, 'java', plan(3)), {
    name: 'StackError',
    message: /3 broker/,
  });
});

function fakeJava(name: string, banner: string): string {
  const home = join(scratch, name);
  mkdirSync(join(home, 'bin'), { recursive: true });
  const java = join(home, 'bin', 'java');
  writeFileSync(java, `#!/bin/sh\necho '${banner}' >&2\n`);
  chmodSync(java, 0o755);
  return home;
}

test('a missing Java and one that is too old are told apart, with what to do', async () => {
  await assert.rejects(findJava({ JAVA_HOME: join(scratch, 'nowhere') }), {
    name: 'StackError',
    message: /no Java was found in JAVA_HOME.*install Java 17/,
  });
  for (const [at, banner] of ['openjdk version "11.0.22" 2024-01-16', 'java version "1.8.0_402"'].entries()) {
    const version = at === 0 ? '11' : '8';
    await assert.rejects(findJava({ JAVA_HOME: fakeJava(`java-${version}`, banner) }), {
      name: 'StackError',
      message: new RegExp(`Java ${version} is too old.*install Java 17`),
    });
  }
  const home = fakeJava('java-21', 'openjdk version "21.0.2" 2024-01-16');
  assert.equal(await findJava({ JAVA_HOME: home }), join(home, 'bin', 'java'));
});

test('a stale process id that another program got is neither taken for the stack nor ended', async () => {
  const folder = join(scratch, 'stale');
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
  const ended = once(bystander, 'exit');
  try {
    const pids = { 'broker-1': bystander.pid!, registry: process.pid };
    writeState(folder, { version: 1, plan: plan(1), brokers: ['b'], registryUrl: 'r', pids });
    assert.equal((await statusOf(folder)).state, 'down');
    assert.equal(await downStack(folder), true);
    assert.equal(await downStack(folder), false);
    assert.equal(bystander.exitCode, null);
    assert.equal(bystander.signalCode, null);
  } finally {
    bystander.kill('SIGKILL');
    await ended;
  }
});

test('a process that ignores the polite signal is ended by force, with its children', async () => {
  const mark = 'tidemark-stubborn-process';
  const child = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
  const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}, '${mark}'])
    .once('spawn', function () { console.log(this.pid) }); ${child}`;
  const started = spawn(process.execPath, ['-e', parent, mark], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(started.stdout, 'data');
  const targets = [started.pid!, Number(String(line))].map((pid) => ({ pid, mark }));
  assert.deepEqual(targets.map(isRunning), [true, true]);
  await endProcesses(targets.slice(0, 1), 300);
  assert.equal(isRunning(targets[0]!), false);
  await endProcesses(targets, 0);
  assert.deepEqual(targets.map(isRunning), [false, false]);
});

test('a state file that cannot be understood is named, not guessed at', async () => {
  const folder = join(scratch, 'damaged');
  mkdirSync(folder);
  writeFileSync(join(folder, 'state.json'), '{"version":');
  await assert.rejects(statusOf(folder), { name: 'StackError', message: /state\.json cannot be understood/ });
});

test('no cluster id begins with a dash, which the tools of Kafka take for an option', async () => {
  const given = { brokers: ['a:1'], registryUrl: 'http://r:8081' };
  for (let i = 0; i < 500; i++) {
    const { clusterId } = await planStack({ given, ports: 'free' }, 'java', undefined);
    assert.match(clusterId, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
  }
});
