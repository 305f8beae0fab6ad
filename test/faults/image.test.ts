/** The image: built by the Dockerfile's own lines, run as an engine would run it, against a real broker and a real registry. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePorts } from '../../tools/stack/ports.ts';
import { Container, command, entrypoint, healthcheck } from '../deploy/container.ts';
import { buildImage, notBuilt } from '../deploy/imageBuild.ts';
import { countOf, newCardFraud } from '../support/cardFraud.ts';
import { payments } from '../support/payments.ts';
import { committedOffsets, waitFor } from '../support/stack.ts';

const NODE = '/usr/local/bin/node';
/** Node takes 121 MB of it, ONNX Runtime 45 MB. */
const MOST_MB = 260;
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));

describe('the image', { skip: notBuilt() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-image-'));
  let root: string;
  const run = (...words: string[]) => new Container(root, words).ended;
  const inImage = (pattern: string) => globSync(pattern, { cwd: root });

  before(() => {
    root = buildImage(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('runs the command, and proves the pipeline of the example', async () => {
    assert.equal((await run(...entrypoint, '--version')).stdout.trim(), version);
    const { status, stdout, stderr } = await run(...entrypoint, 'check', '-c', 'config/card-fraud.yaml');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /config\/card-fraud.yaml holds together/);
  });

  test('has Node, the C library and the package, and nothing to run beside', () => {
    const kilobytes = Number(/^\d+/.exec(execFileSync('du', ['-sk', root], { encoding: 'utf8' }))![0]);
    assert.ok(kilobytes / 1024 < MOST_MB, `${Math.round(kilobytes / 1024)} MB`);
    const programs = inImage('{bin,sbin,usr/bin,usr/sbin,usr/local/bin,usr/local/sbin}/*');
    assert.deepEqual(programs.sort(), ['usr/bin/tini', 'usr/local/bin/node']);
    const platforms = inImage('app/node_modules/onnxruntime-node/bin/napi-v*/*/*');
    assert.deepEqual(
      platforms.map((path) => path.split('/').slice(-2).join('/')),
      [`${process.platform}/${process.arch}`],
    );
    for (const name of ['typescript', '@biomejs', 'vega', 'node'])
      assert.ok(!existsSync(join(root, 'app/node_modules', name)), `${name} is for development`);
  });

  test('lists what is in it: each package, and which of Debian’s the libraries are', () => {
    const { components } = JSON.parse(readFileSync(join(root, 'app/sbom.cdx.json'), 'utf8'));
    const listed = new Set(components.map(({ purl }: { purl: string }) => decodeURIComponent(purl)));
    const installed = inImage('app/node_modules/{*,@*/*}/package.json').filter(
      (path) => !path.startsWith('app/node_modules/.'),
    );
    assert.ok(installed.length > 50);
    for (const path of installed) {
      const { name, version: at } = JSON.parse(readFileSync(join(root, path), 'utf8'));
      assert.ok(listed.has(`pkg:npm/${name}@${at}`), `${name} ${at} is not listed`);
    }
    const debian = inImage('var/lib/dpkg/status.d/*').map((path) => path.split('/').at(-1));
    for (const name of ['libc6', 'libgcc-s1', 'libstdc++6', 'tini']) assert.ok(debian.includes(name), name);
  });

  test('can be written nowhere', async () => {
    const attempts = [
      '/',
      '/tmp/',
      '/app/',
      '/app/models/',
      '/app/node_modules/',
      '/etc/tidemark/',
      '/usr/local/bin/',
    ];
    const script = `const { writeFileSync } = require('node:fs'); for (const folder of ${JSON.stringify(attempts)})
      try { writeFileSync(folder + 'x', ''); console.log(folder); } catch {}`;
    const { status, stdout, stderr } = await run(NODE, '-e', script);
    assert.deepEqual([status, stdout], [0, ''], stderr);
    // Nor where an engine leaves the root writable.
    for (const path of ['app', 'app/models', 'etc/tidemark', 'usr/local/bin']) {
      const { uid, mode } = statSync(join(root, path));
      assert.deepEqual([uid, mode & 0o022], [0, 0], path);
    }
  });

  test('lets a process that hangs kill itself, which as process 1 it could not', async () => {
    const hang =
      "new (require('node:worker_threads').Worker)(\"process.kill(process.pid, 'SIGKILL')\", { eval: true }); setTimeout(() => process.exit(7), 2000);";
    const [tini, dashes, node] = entrypoint as [string, string, string];
    assert.equal((await run(tini, dashes, node, '-e', hang)).status, 128 + 9);
    assert.equal(
      (await run(node, '-e', hang)).status,
      7,
      'process 1 can be killed from inside: is tini still needed?',
    );
  });

  test('scores, is healthy, drains when it is stopped, and commits what it scored', async (t) => {
    const [port] = (await freePorts(1)) as [number];
    const pipeline = await newCardFraud(t, {
      settings: {
        'input.schema': undefined,
        'output.schema': 'schemas/scored-transaction.avsc',
        http: { host: `\${TIDEMARK_HTTP_HOST:-127.0.0.1}`, port },
      },
    });
    const files = { '/etc/tidemark/pipeline.yaml': pipeline.file };
    chmodSync(pipeline.file, 0o444);
    const container = new Container(root, [...entrypoint, ...command], { files });
    t.after(() => container.kill());
    const ready = async () =>
      (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200;
    await waitFor(ready, `/readyz to answer 200:\n${container.stderr}`, 30_000);

    const check = healthcheck.map((word) => word.replace(':9464/', `:${port}/`));
    assert.notDeepEqual(check, healthcheck);
    assert.equal((await run(...check)).status, 0);
    assert.equal((await run(...healthcheck.map((word) => word.replace(':9464/', ':1/')))).status, 1);

    await pipeline.send(payments(500));
    const done = async () => (await countOf(pipeline.output)) === 500;
    await waitFor(done, `500 scored events:\n${container.stderr}`, 30_000);
    container.stop();
    const { status, stderr } = await container.ended;
    assert.equal(status, 0, stderr);
    assert.match(stderr, /"why":"drained"|drained/);
    const committed = [...(await committedOffsets(pipeline.group, pipeline.input)).values()];
    assert.equal(
      committed.reduce((sum, offset) => sum + offset, 0),
      500,
    );
  });
});
