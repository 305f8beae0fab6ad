/**
 * What kustomize makes of k8s/ against the types that Kubernetes, KEDA and the Prometheus operator publish: their validators find
 * wrong and missing values; the compiler, which is shown every object as a literal of its type, finds fields that do not exist.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Manifest, notRendered, RENDERED, ROOT, render } from './manifests.ts';

/** The package that publishes the types of an API group. */
function packageOf(group: string): string {
  if (group === 'keda.sh') return '@kubernetes-models/keda';
  if (group === 'monitoring.coreos.com') return '@kubernetes-models/prometheus-operator';
  return 'kubernetes-models';
}

function moduleOf({ apiVersion, kind }: Manifest): string {
  return `${packageOf(apiVersion.split('/')[0]!)}/${apiVersion}/${kind}`;
}

async function invalid(manifest: Manifest): Promise<string | undefined> {
  const { [manifest.kind]: Type } = await import(moduleOf(manifest));
  try {
    new Type(manifest).validate();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns what the compiler says against these objects; nothing when they are of their types */
function unknownFields(t: TestContext, manifests: readonly Manifest[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-manifests-'));
  t.after(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const source = manifests.map((manifest, at) => {
    const type = `I${manifest.kind}`;
    return `import type { ${type} as T${at} } from '${moduleOf(manifest)}';\nexport const o${at}: T${at} = ${JSON.stringify(manifest, null, 1)};\n`;
  });
  writeFileSync(join(folder, 'manifests.ts'), source.join(''));
  const options = '--noEmit --strict --skipLibCheck --module nodenext --target es2024 --types node'.split(
    ' ',
  );
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), [...options, 'manifests.ts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return stdout;
}

describe('k8s/, rendered', { skip: notRendered }, () => {
  const all = RENDERED.flatMap((folder) => render(folder));

  it('has only objects that their publishers accept', async () => {
    for (const manifest of all) {
      assert.equal(await invalid(manifest), undefined, `${manifest.kind} ${manifest.metadata.name}`);
    }
  });

  it('has only fields that exist', (t) => {
    assert.equal(unknownFields(t, all), '');
  });

  it('would not get by with a wrong value or a misspelt field', async (t) => {
    const deployment = all.find(({ kind }) => kind === 'Deployment')!;
    const spec = deployment.spec as Record<string, unknown>;
    assert.match(
      (await invalid({ ...deployment, spec: { ...spec, minReadySeconds: '10' } }))!,
      /must be integer/,
    );
    assert.match(
      unknownFields(t, [{ ...deployment, spec: { ...spec, minReadySecond: 10 } }]),
      /minReadySecond/,
    );
  });
});
