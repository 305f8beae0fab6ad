import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { cardFraudYaml, freshNames, temporaryFolder } from '../support/cardFraud.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const NOWHERE = ['--brokers', '127.0.0.1:1', '--group', 'g', '--topic', 't'];

function top(t: TestContext, ...args: string[]): TidemarkProcess {
  return new TidemarkProcess(t, ['top', ...args]);
}

describe('tidemark top', { concurrency: true }, () => {
  const refused: readonly (readonly [why: RegExp, args: readonly string[]])[] = [
    [/give -c, or all of --brokers, --group and --topic/, ['--once', '--brokers', 'a:1', '--group', 'g']],
    [/give -c or --brokers, not both/, ['--once', '-c', 'config/card-fraud.yaml', '--brokers', 'a:1']],
    [/expected host:port, such as localhost:9092/, [...NOWHERE, '--once', '--brokers', 'localhost']],
    [/expected host:port, .* with commas/, [...NOWHERE, '--once', '--brokers', 'a:9092,b:nine']],
    [/standard output is no terminal; give --once or --json/, NOWHERE],
    [/expected seconds from 0\.5 to 3600/, [...NOWHERE, '--once', '--every', 'often']],
  ];
  for (const [why, args] of refused) {
    test(`refuses ${args.join(' ')}`, async (t) => {
      const run = top(t, ...args);
      assert.equal((await run.endsWith(2)).stdout, '');
      assert.match(run.story(), why);
    });
  }

  test('says that brokers do not answer, and of which group', async (t) => {
    for (const flags of [['--once'], ['--json']]) {
      const run = top(t, ...NOWHERE, ...flags);
      assert.equal((await run.endsWith(1)).stdout, '');
      assert.match(run.story(), /E-KAFKA-UNREACHABLE looking at group g: .*127\.0\.0\.1:1/);
    }
  });

  for (const [name, status] of [
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)
    test(`ends by ${name} while a look waits for an answer`, async (t) => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
      t.after(() => {
        silent.close();
        for (const socket of sockets) socket.destroy();
      });
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const run = top(t, '--brokers', `127.0.0.1:${port}`, '--group', 'g', '--topic', 't', '--json');
      await once(silent, 'connection');
      run.kill(name);
      // Long before a look gives up.
      assert.equal((await run.endsWith(status, 5_000)).stdout, '');
    });

  test('takes several brokers, with room after commas', async (t) => {
    const run = top(t, ...NOWHERE, '--once', '--brokers', '127.0.0.1:1, 127.0.0.1:2');
    await run.endsWith(1);
    assert.match(run.story(), /E-KAFKA-UNREACHABLE .*127\.0\.0\.1:[12]/);
  });

  test('takes the group of the file', async (t) => {
    const names = freshNames();
    const file = join(temporaryFolder(t), 'pipeline.yaml');
    const nowhere = { brokers: ['127.0.0.1:1'], registryUrl: 'http://127.0.0.1:1' };
    writeFileSync(file, cardFraudYaml(names, nowhere, {}));
    const run = top(t, '-c', file, '--once');
    await run.endsWith(1);
    assert.match(run.story(), new RegExp(`looking at group ${names.group}:`));
  });
});
