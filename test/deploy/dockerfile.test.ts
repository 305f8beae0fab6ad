/** What the Dockerfile says. What its lines do is tested by test/faults/image.test.ts. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Copy, DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { command, entrypoint, environment, healthcheck, said } from './container.ts';
import { dockerfile, stagesOf, textOf } from './imageBuild.ts';
import { ROOT } from './manifests.ts';

const { version, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const instructions = DockerfileParser.parse(dockerfile).getInstructions();
const argument = (name: string) =>
  instructions
    .map((each) => textOf(each))
    .find((text) => text.startsWith(`${name}=`))
    ?.slice(name.length + 1);

describe('Dockerfile', () => {
  it('has no fault that Docker’s own rules know', () => {
    assert.deepEqual(
      validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`),
      [],
    );
  });

  it('is made of one base, by its whole version, which has the Node of the tests', () => {
    assert.equal(argument('NODE_IMAGE'), `node:${devDependencies.node}-bookworm-slim`);
    const names = stagesOf(dockerfile).map(({ name }) => name);
    for (const { base } of stagesOf(dockerfile)) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the Dockerfile's.
      assert.ok(['${NODE_IMAGE}', 'scratch', ...names].includes(base), base);
    }
    assert.equal(names.at(-1), 'tidemark', 'the last stage is what `docker build .` makes');
  });

  it('says in labels what it is, with the version of the package', () => {
    assert.equal(argument('VERSION'), version);
    const labels = textOf(said('LABEL'));
    for (const name of ['title', 'description', 'licenses', 'version', 'revision', 'created', 'base.name'])
      assert.match(labels, new RegExp(`org\\.opencontainers\\.image\\.${name}=`));
  });

  it('runs as a user by number, without a shell, and ends by SIGTERM', () => {
    assert.match(textOf(said('USER')), /^[1-9]\d{3,}:[1-9]\d{3,}$/);
    assert.equal(textOf(said('STOPSIGNAL')), 'SIGTERM');
    for (const [program] of [entrypoint, healthcheck])
      assert.match(program!, /^\/usr\/(local\/)?bin\/(tini|node)$/);
    assert.deepEqual(command, ['run', '-c', '/etc/tidemark/pipeline.yaml']);
    assert.equal(environment.ORT_DISABLE_TELEMETRY, '1');
  });

  it('copies what is there and what .dockerignore lets in', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    assert.ok(ignored.includes('*'));
    for (const each of instructions) {
      if (each.getKeyword() !== 'COPY' || (each as Copy).getFlags().length > 0) continue;
      for (const source of textOf(each).split(/\s+/).slice(0, -1)) {
        assert.ok(existsSync(join(ROOT, source)), `${source} is not there`);
        assert.ok(ignored.includes(`!${source.split('/')[0]}`), `.dockerignore keeps ${source} out`);
      }
    }
  });

  it('runs no script of a package', () => {
    for (const each of instructions)
      if (/\bnpm ci\b/.test(textOf(each))) assert.match(textOf(each), /--ignore-scripts/);
  });
});
