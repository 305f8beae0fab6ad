/** Every pipeline that is deployed holds together: `tidemark check`, in a folder that looks like the container's. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { notRendered, oneOf, RENDERED, ROOT, render } from './manifests.ts';
import { load, mounted } from './pipelines.ts';

const MODEL = 'models/card-fraud/2.0.0';
const ENV = {
  POD_NAME: 'tidemark-0',
  TIDEMARK_BROKERS: 'broker-1:19092',
  TIDEMARK_REGISTRY_URL: 'http://registry:8080',
};
const config = load(
  readFileSync(join(ROOT, 'config/card-fraud.yaml'), 'utf8'),
  'config/card-fraud.yaml',
  ENV,
);

/** Lays the files out below a folder, where the pipeline's absolute paths are made to lead. @returns what `tidemark check` prints */
function check(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-deployed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const text = files['pipeline.yaml']!;
  const loaded = load(text, 'pipeline.yaml', ENV);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  for (const file of loaded.files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), mounted(file));
  }
  cpSync(join(ROOT, MODEL), join(folder, loaded.model.package), { recursive: true });
  const moved = text
    .replaceAll('${file:/', `\${file:${folder}/`)
    .replace('package: /', `package: ${folder}/`);
  writeFileSync(join(folder, 'pipeline.yaml'), moved);
  const command = join(ROOT, 'src/cli/main.ts');
  const options = { cwd: folder, encoding: 'utf8', env: { ...process.env, ...ENV } } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [command, 'check', '-c', 'pipeline.yaml'],
    options,
  );
  assert.equal(status, 0, stdout + stderr);
  // It is the example's, whatever it is connected to.
  const { features, decision, batching, slo, deadLetter } = loaded;
  const { features: f, decision: d, batching: b, slo: s, deadLetter: l } = config;
  assert.deepEqual([features, decision, batching, slo, deadLetter], [f, d, b, s, l]);
  return stdout;
}

describe('tidemark check of the pipelines in k8s/', { skip: notRendered }, () => {
  for (const folder of RENDERED.filter((each) => each.includes('overlays'))) {
    it(folder, (t) => {
      const { data } = oneOf(render(folder), 'ConfigMap') as unknown as { data: Record<string, string> };
      assert.match(check(t, data), /holds together/);
    });
  }
});

describe('tidemark check of the pipeline of docker-compose.yml', () => {
  it('docker/pipeline.yaml', (t) => {
    const folder = join(ROOT, 'schemas');
    const files = {
      'pipeline.yaml': readFileSync(join(ROOT, 'docker/pipeline.yaml'), 'utf8').replaceAll(
        'schema: schemas/',
        `schema: ${folder}/`,
      ),
    };
    assert.match(check(t, files), /holds together/);
  });
});
