/** No secret of a pipeline's file comes out of a process by any way: what it prints, logs, serves, sends or writes. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { countOf, temporaryFolder } from '../support/cardFraud.ts';
import { startCollector } from '../support/collector.ts';
import { ownStack } from '../support/ownStack.ts';
import { payments } from '../support/payments.ts';
import { registryProxy } from '../support/registryProxy.ts';
import { produce, readAll, waitFor } from '../support/stack.ts';
import { type Commanded, newCommanded } from '../support/steering.ts';
import { runTidemark, TidemarkProcess } from '../support/tidemark.ts';

/** Letters and digits alone, so that no way of writing it down hides it. */
const unique = (of: string) => `${of}${randomBytes(12).toString('hex')}`;

const username = 'scorer';
const password = unique('sasl');
const secrets = {
  registry: unique('registry'),
  readToken: unique('reads'),
  changeToken: unique('changes'),
  collector: unique('collector'),
  wrongPassword: unique('wrongsasl'),
  wrongRegistry: unique('wrongregistry'),
};
const stack = await ownStack({ sasl: { username, password } });

/** What must not come out: each secret, also as base64, alone and as the credentials of a user. */
const forbidden = Object.entries({ password, ...secrets }).flatMap(([name, secret]) =>
  [secret, base64(secret), base64(`${username}:${secret}`)].map((written) => ({ name, written })),
);

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replaceAll('=', '');
}

/** Everything that came out, by where it came from. */
class Sweep {
  readonly #heard = new Map<string, string>();

  hear(from: string, text: string): void {
    assert.ok(text !== '', `nothing came from ${from}`);
    this.#heard.set(from, text);
  }

  /** Runs a command to its end. */
  async command(t: TestContext, args: readonly string[], status: number, says: RegExp): Promise<void> {
    const process = new TidemarkProcess(t, args);
    const { stdout } = await process.endsWith(status);
    const text = stdout + process.story();
    assert.match(text, says, args.join(' '));
    this.hear(args.join(' '), text);
  }

  /** Each path that is served, with the token that reads, with none and with a wrong one. */
  async paths(url: string, place: string): Promise<readonly string[]> {
    const answered: string[] = [];
    const ask = async (path: string, authorization?: string) => {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await fetch(url + path, { headers });
      const told = JSON.stringify([...response.headers]);
      this.hear(`${path} with ${authorization ?? 'no token'}`, told + (await response.text()));
      return response.status;
    };
    const { routes } = (await (await fetch(`${url}/nowhere`)).json()) as { routes: string[] };
    for (const route of routes) {
      const path = route.replace(':place', encodeURIComponent(place));
      // 503: not known yet, such as the group before the second look.
      const known = async () => {
        const said = await ask(path, `Bearer ${secrets.readToken}`);
        return said !== 503 && said;
      };
      const status = await waitFor(known, `an answer of ${path}`, 30_000);
      answered.push(`${route} ${status}`);
      await ask(path);
      await ask(path, 'Bearer not-the-token-that-is-meant');
    }
    return answered;
  }

  assertClean(): void {
    for (const [from, text] of this.#heard) {
      for (const { name, written } of forbidden)
        assert.ok(!text.includes(written), `${name} came out of ${from}:\n${text}`);
    }
  }
}

/** A pipeline with every kind of secret, by each way that a file can give one. */
async function withSecrets(t: TestContext, collectorUrl: string): Promise<Commanded> {
  const file = join(temporaryFolder(t), 'password');
  writeFileSync(file, `${password}\n`);
  Object.assign(process.env, {
    TEST_REGISTRY_PASSWORD: secrets.registry,
    TEST_CHANGE_TOKEN: secrets.changeToken,
    TEST_COLLECTOR_TOKEN: secrets.collector,
  });
  const credentials = Buffer.from(`${username}:${secrets.registry}`).toString('base64');
  const url = await registryProxy(t, stack.registryUrl, { authorization: `Basic ${credentials}` });
  return newCommanded(t, {
    partitions: 2,
    settings: {
      'kafka.brokers': stack.saslBrokers,
      'kafka.sasl': { mechanism: 'scram-sha-256', username, password: `\${file:${file}}` },
      'registry.url': url,
      'registry.auth': { kind: 'basic', username, password: `\${TEST_REGISTRY_PASSWORD}` },
      http: { port: 0, read_token: secrets.readToken, change_token: `\${TEST_CHANGE_TOKEN}` },
      'tracing.endpoint': collectorUrl,
      'tracing.headers': { authorization: `Bearer \${TEST_COLLECTOR_TOKEN}` },
      'tracing.sample': 1,
      'log.level': 'debug',
      commit_every: '200ms',
    },
  });
}

test('no secret comes out of a pipeline that runs, nor of the commands about it', async (t) => {
  const sweep = new Sweep();
  const collector = await startCollector(t);
  const pipeline = await withSecrets(t, collector.url);
  const { file } = pipeline;
  const run = runTidemark(t, file);
  const { host, port } = await run.says({ event: 'listening' });
  await run.untilHolding(2);
  await pipeline.send(payments(50));
  await produce(pipeline.input, [{ key: 'bad', value: 'not framed', partition: 1 }]);
  const settled = async () => (await countOf(pipeline.output)) + (await countOf(pipeline.deadLetter)) === 51;
  await waitFor(settled, '51 outcomes', 30_000);
  const [letter] = await readAll(pipeline.deadLetter);

  const served = await sweep.paths(`http://${host}:${port}`, letter!.headers.source!);
  for (const path of ['/', '/metrics', '/readyz', '/scale', '/api/replica', '/api/rejections', '/api/group'])
    assert.ok(served.includes(`${path} 200`), served.join(', '));
  assert.ok(served.includes('/api/rejections/:place/payload 200') && served.includes('/api/audit 200'));

  for (const flags of [[], ['--json'], ['--live']])
    await sweep.command(t, ['check', '-c', file, ...flags], 0, /holds together|"ok"/);
  for (const flags of [[], ['--json']]) {
    await sweep.command(t, ['doctor', '-c', file, ...flags], 0, /registry/);
    await sweep.command(t, ['top', '-c', file, '--once', ...flags], 0, /partition/i);
  }
  await sweep.command(t, ['topics', '-c', file], 0, new RegExp(pipeline.input));
  await sweep.command(t, ['sample', '-c', file, '--from', 'earliest', '--count', '5'], 0, /score/);
  await sweep.command(t, ['pause', '-c', file, '--why', 'a test'], 0, /paused/);
  await sweep.command(t, ['audit', '-c', file], 0, /a test/);

  run.kill('SIGTERM');
  sweep.hear('run', (await run.endsWith(0)).stdout + run.story());
  // What each was given did go to where it belongs, or nothing could have come out.
  const sent = collector.requests.map(({ headers }) => headers.authorization);
  assert.deepEqual([...new Set(sent)], [`Bearer ${secrets.collector}`]);
  assert.ok(collector.spans.length > 50, `${collector.spans.length} spans`);
  sweep.hear('spans', JSON.stringify(collector.spans));
  for (const topic of [pipeline.output, pipeline.deadLetter, pipeline.control, pipeline.audit]) {
    const records = await readAll(topic);
    const texts = records.map(({ key, value, headers }) => `${key} ${value} ${JSON.stringify(headers)}`);
    sweep.hear(topic, texts.join('\n'));
  }
  sweep.assertClean();
});

test('no secret comes out where it is refused, nor where it stands in the wrong place', async (t) => {
  const sweep = new Sweep();
  const collector = await startCollector(t);
  collector.status = 401;
  const pipeline = await withSecrets(t, collector.url);
  const wrongPassword = pipeline.fileWith({ 'kafka.sasl.password': secrets.wrongPassword });
  const wrongRegistry = pipeline.fileWith({ 'registry.auth.password': secrets.wrongRegistry });
  for (const [file, refused] of [
    [wrongPassword, /E-KAFKA-AUTH/],
    [wrongRegistry, /E-REGISTRY-AUTH/],
  ] as const) {
    await sweep.command(t, ['check', '-c', file, '--live'], 2, refused);
    await sweep.command(t, ['doctor', '-c', file], 1, refused);
    await pipeline.send(payments(1));
    await sweep.command(t, ['run', '-c', file, '--until-end'], 1, refused);
  }
  await sweep.command(t, ['top', '-c', wrongPassword, '--once'], 1, /E-KAFKA-AUTH/);

  // Told by name and place, not by what stands there.
  const misplaced = pipeline.fileWith({
    'kafka.sasl.passwort': password,
    'registry.auth.password': [secrets.registry],
    'http.read_token': [secrets.readToken],
    'tracing.headers.authorization': { bearer: secrets.collector },
  });
  await sweep.command(t, ['check', '-c', misplaced], 2, /kafka\.sasl\.passwort/);

  const untraced = runTidemark(t, pipeline.file, '--until-end');
  await untraced.endsWith(0);
  await untraced.says({ event: 'spansLost' });
  sweep.hear('run with a collector that refuses', untraced.story());
  sweep.assertClean();
});
