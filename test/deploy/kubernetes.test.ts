/** What the objects of k8s/ promise each other and Tidemark, which no type can say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { verifyPackage } from '../../src/model/verify.ts';
import { type Manifest, notRendered, oneOf, RENDERED, ROOT, render } from './manifests.ts';
import { loadPipeline } from './pipelines.ts';
import { containersOf, type PodSpec, type Selector, selects, templateOf, withPods } from './pods.ts';

/** What closing connections and leaving the group may take once the work is done (src/service/service.ts). */
const CLOSE_S = 5;

const overlays = RENDERED.filter((folder) => folder.includes('overlays'));

for (const folder of overlays) {
  describe(folder, { skip: notRendered }, () => {
    const objects = render(folder);
    const scorer = oneOf(objects, 'Deployment', 'StatefulSet');
    const { labels } = templateOf(scorer).metadata;
    const pod = templateOf(scorer).spec;
    const main = pod.containers[0]!;
    const config = loadPipeline(objects);

    it('has a pipeline that the loader accepts, without a warning', () => {
      assert.deepEqual(config.warnings, []);
    });

    it('gives a pod longer to end than draining and closing may take', () => {
      assert.ok(pod.terminationGracePeriodSeconds > config.kafka.drainTimeoutMs / 1000 + CLOSE_S);
    });

    it('serves HTTP where the probes and the Service look for it', () => {
      assert.ok(config.http !== 'off');
      assert.equal(config.http.host, '0.0.0.0');
      assert.deepEqual(main.ports, [{ name: 'http', containerPort: config.http.port }]);
      assert.equal(main.livenessProbe!.httpGet.path, '/healthz');
      // A broker that is down at start must not get the pod killed.
      assert.equal(main.startupProbe!.httpGet.path, '/healthz');
      assert.equal(main.readinessProbe!.httpGet.path, '/readyz');
    });

    it('selects its pods everywhere, and its topics Job nowhere', () => {
      const jobs = objects.filter(({ kind }) => kind === 'Job').map((job) => templateOf(job).metadata.labels);
      const spec = (kind: string) => oneOf(objects, kind).spec as Record<string, unknown>;
      const selectors = [
        (scorer.spec as { selector: Selector }).selector,
        spec('PodDisruptionBudget').selector as Selector,
        { matchLabels: spec('Service').selector } as Selector,
        ...pod.topologySpreadConstraints.map(({ labelSelector }) => labelSelector),
      ];
      for (const selector of selectors) {
        assert.ok(selects(selector, labels), JSON.stringify(selector));
        for (const job of jobs) assert.ok(!selects(selector, job), JSON.stringify(selector));
      }
      const { podSelector } = spec('NetworkPolicy') as { podSelector: Selector };
      for (const each of [labels, ...jobs]) assert.ok(selects(podSelector, each), 'the network policy');
    });

    it('runs every container restricted, with what it may take', () => {
      for (const manifest of withPods(objects)) restricted(manifest);
    });

    it('names every secret and holds none', () => {
      const text = JSON.stringify(objects);
      assert.ok(!objects.some(({ kind }) => kind === 'Secret'), 'a Secret is among the objects');
      assert.doesNotMatch(text, /"(?:value|password|token)":"[^"$]*(?:secret|passw|token)/i);
      for (const manifest of withPods(objects)) mountsWhatItReads(manifest, config.files);
    });

    it('mounts the configuration by a name that changes with it', () => {
      const { name } = oneOf(objects, 'ConfigMap').metadata;
      assert.match(name, /^tidemark-pipeline-[a-z0-9]{10}$/);
      for (const manifest of withPods(objects)) {
        const names = templateOf(manifest).spec.volumes.flatMap((volume) => volume.configMap?.name ?? []);
        assert.deepEqual(names, [name]);
      }
    });

    it('verifies a model from outside the image by the digest of the package, before it scores', async () => {
      const { digest } = await verifyPackage(join(ROOT, 'models/card-fraud/2.0.0'));
      const outside = !config.model.package.startsWith('/app/models/');
      const [last] = (pod.initContainers ?? []).slice(-1);
      assert.equal(last !== undefined, outside);
      if (last === undefined) return;
      assert.deepEqual(last.args, ['model', 'verify', config.model.package, '--digest', digest]);
      assert.equal(last.image, main.image);
      const readOnly = (mounts: typeof main.volumeMounts) =>
        mounts.filter(({ mountPath }) => `${config.model.package}/`.startsWith(`${mountPath}/`));
      for (const { volumeMounts } of [last, main]) {
        assert.deepEqual(
          readOnly(volumeMounts).map((mount) => mount.readOnly),
          [true],
        );
      }
    });

    it('scales up to the partitions that its topics Job makes, and not on a stuck one', () => {
      const scaled = objects.find(({ kind }) => kind === 'ScaledObject');
      if (scaled === undefined) return;
      scales(scaled, scorer, partitionsOf(oneOf(objects, 'Job')), config);
    });

    it('has no image without a version', () => {
      for (const manifest of withPods(objects)) {
        for (const { image } of containersOf(manifest)) assert.match(image, /:\d+\.\d+\.\d+$/);
      }
    });
  });
}

function restricted(manifest: Manifest): void {
  const pod = templateOf(manifest).spec;
  const { runAsNonRoot, runAsUser, seccompProfile } = pod.securityContext;
  assert.deepEqual([runAsNonRoot, seccompProfile], [true, { type: 'RuntimeDefault' }]);
  assert.equal(runAsUser, 65532);
  assert.equal(pod.automountServiceAccountToken, false);
  for (const container of containersOf(manifest)) {
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const { requests, limits } = container.resources;
    assert.ok(requests.cpu && requests.memory && limits.memory, `${container.name} has no bounds`);
    // A limit would throttle the threads that run beside scoring for moments.
    assert.equal(limits.cpu, undefined);
  }
}

/** Each file that the configuration reads lies in a Secret that is mounted, by a key that other objects ask for too. */
function mountsWhatItReads(manifest: Manifest, files: readonly string[]): void {
  const { volumes, containers } = templateOf(manifest).spec as PodSpec;
  for (const file of files) {
    const mount = containers[0]!.volumeMounts.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
    assert.ok(mount, `${manifest.kind}: nothing is mounted for ${file}`);
    const volume = volumes.find(({ name }) => name === mount.name);
    assert.ok(volume?.secret, `${file} comes from no Secret`);
    assert.equal(mount.readOnly, true);
  }
}

function partitionsOf(job: Manifest): number {
  const { args } = templateOf(job).spec.containers[0]!;
  return Number(args[args.indexOf('--partitions') + 1]);
}

interface ScaledSpec {
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly triggers: readonly {
    readonly type: string;
    readonly useCachedMetrics?: boolean;
    readonly metadata: Readonly<Record<string, string>>;
  }[];
}

function scales(
  scaled: Manifest,
  scorer: Manifest,
  partitions: number,
  { kafka, input, pipeline }: ReturnType<typeof loadPipeline>,
): void {
  const { scaleTargetRef, minReplicaCount, maxReplicaCount, triggers } = scaled.spec as ScaledSpec;
  assert.deepEqual([scaleTargetRef.kind, scaleTargetRef.name], [scorer.kind, scorer.metadata.name]);
  assert.equal(maxReplicaCount, partitions);
  assert.ok(minReplicaCount >= 1 && minReplicaCount <= maxReplicaCount);
  assert.equal((scorer.spec as { replicas?: number }).replicas, undefined, 'two would say how many');
  const [{ type, useCachedMetrics, metadata }] = triggers as [ScaledSpec['triggers'][0]];
  if (type === 'prometheus') {
    assert.match(metadata.query!, new RegExp(`tidemark_replicas_wanted\\{pipeline="${pipeline}"\\}`));
    assert.equal(metadata.threshold, '1');
    return;
  }
  assert.equal(useCachedMetrics, true);
  assert.ok(Number(metadata.lagThreshold) > 0);
  const { lagThreshold: _, ...told } = metadata;
  // The names are those of KEDA's pkg/scalers/apache_kafka_scaler.go, which refuses no other.
  assert.deepEqual(told, {
    bootstrapServers: kafka.brokers.join(','),
    consumerGroup: kafka.group,
    topic: input.topic,
    offsetResetPolicy: input.start as string,
    allowIdleConsumers: 'false',
    limitToPartitionsWithLag: 'true',
    excludePersistentLag: 'true',
    scaleToZeroOnInvalidOffset: 'false',
    sasl: kafka.sasl?.mechanism.replaceAll('-', '_').replace('sha_', 'sha'),
    tls: kafka.tls === undefined ? 'disable' : 'enable',
  });
}

describe('k8s/base', () => {
  it('has the schemas of the project', () => {
    for (const name of ['transaction.avsc', 'scored-transaction.avsc']) {
      const of = (folder: string) => readFileSync(join(ROOT, folder, name), 'utf8');
      assert.equal(of('k8s/base'), of('schemas'), `copy schemas/${name} to k8s/base`);
    }
  });
});
