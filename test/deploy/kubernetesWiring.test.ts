/** What the objects of k8s/ name, of each other and of secrets: a name that leads nowhere is found by no type. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Manifest, notRendered, oneOf, RENDERED, ROOT, render } from './manifests.ts';
import { lets, type NetworkPolicySpec } from './network.ts';
import { loadPipeline } from './pipelines.ts';
import {
  type Container,
  containersOf,
  type PodSpec,
  type Selector,
  selects,
  templateOf,
  withPods,
} from './pods.ts';

const overlays = RENDERED.filter((folder) => folder.includes('overlays'));

/** `name/key` of the secrets that docs/deploy.md says how to make. */
const documented = new Set(
  [
    ...readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8').matchAll(
      /create secret generic (\S+)((?: --from-file=\S+)+)/g,
    ),
  ].flatMap(([, name, keys]) => [...keys!.matchAll(/--from-file=(\S+)/g)].map(([, key]) => `${name}/${key}`)),
);

interface ServiceSpec {
  readonly clusterIP: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[];
}

interface MonitorSpec {
  readonly selector: Selector;
  readonly endpoints: readonly {
    readonly port: string;
    readonly path: string;
    readonly authorization: { readonly credentials: SecretKey };
  }[];
}

interface SecretKey {
  readonly name: string;
  readonly key: string;
}

/** The secret and key that a file of a container is; undefined for one that is no secret's. */
function secretOf(file: string, container: Container, { volumes }: PodSpec): string | undefined {
  const mount = container.volumeMounts.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
  const secret = volumes.find(({ name }) => name === mount?.name)?.secret;
  return secret && `${secret.secretName}/${file.slice(mount!.mountPath.length + 1)}`;
}

for (const folder of overlays) {
  describe(folder, { skip: notRendered }, () => {
    const objects = render(folder);
    const scorer = oneOf(objects, 'Deployment', 'StatefulSet');
    const pod = templateOf(scorer).spec;
    const main = pod.containers[0]!;
    const config = loadPipeline(objects);
    const service = oneOf(objects, 'Service');
    const { ports } = service.spec as ServiceSpec;
    const find = (kind: string): Manifest | undefined => objects.find((each) => each.kind === kind);
    const read = new Set(config.files.map((file) => secretOf(file, main, pod)));

    it('asks probes and Service for a port that the container has', () => {
      const named = main.ports!.map(({ name }) => name);
      for (const probe of [main.startupProbe, main.livenessProbe, main.readinessProbe])
        assert.ok(named.includes(probe!.httpGet.port), probe!.httpGet.port);
      for (const { targetPort } of ports) assert.ok(named.includes(targetPort), targetPort);
    });

    it('needs no secret that docs/deploy.md does not say how to make', () => {
      for (const secret of read) assert.ok(documented.has(secret!), secret);
      for (const manifest of withPods(objects)) {
        const spec = templateOf(manifest).spec;
        for (const container of containersOf(manifest)) {
          const files = (container.env ?? []).flatMap(({ value }) => value ?? []);
          const secrets = files.flatMap((file) => secretOf(file, container, spec) ?? []);
          for (const secret of secrets) assert.ok(documented.has(secret), secret);
        }
        const names = [...documented].map((secret) => secret.split('/')[0]);
        for (const { secret } of spec.volumes)
          if (secret !== undefined) assert.ok(names.includes(secret.secretName), secret.secretName);
      }
    });

    it('has Prometheus ask the Service’s pods, with the token that reads', () => {
      const monitor = find('ServiceMonitor');
      if (monitor === undefined) return;
      const { selector, endpoints } = monitor.spec as MonitorSpec;
      assert.ok(selects(selector, service.metadata.labels ?? {}), JSON.stringify(selector));
      assert.equal((monitor.spec as { jobLabel: string }).jobLabel, 'app.kubernetes.io/name');
      assert.equal(service.metadata.labels!['app.kubernetes.io/name'], 'tidemark');
      const [{ port, path, authorization }] = endpoints as [MonitorSpec['endpoints'][0]];
      assert.ok(
        ports.some(({ name }) => name === port),
        port,
      );
      assert.equal(path, '/metrics');
      const { name, key } = authorization.credentials;
      const token = secretOf(tokenFile(objects), main, pod);
      assert.equal(`${name}/${key}`, token);
    });

    it('has KEDA log in with what the pipeline logs in with', () => {
      const login = find('TriggerAuthentication');
      if (login === undefined) return;
      const { triggers } = find('ScaledObject')!.spec as {
        triggers: { authenticationRef: { name: string } }[];
      };
      assert.deepEqual(
        triggers.map(({ authenticationRef }) => authenticationRef.name),
        [login.metadata.name],
      );
      const { secretTargetRef } = login.spec as { secretTargetRef: SecretKey[] };
      for (const { name, key } of secretTargetRef) assert.ok(read.has(`${name}/${key}`), `${name}/${key}`);
    });

    it('lets pods reach brokers, registry and the names of both, and nothing out that is not named', () => {
      const { policyTypes, egress } = oneOf(objects, 'NetworkPolicy').spec as NetworkPolicySpec;
      assert.deepEqual(policyTypes, ['Ingress', 'Egress']);
      const registry = new URL(config.registry.url);
      for (const place of [...config.kafka.brokers, registry.host]) {
        const [host, port] = place.split(':') as [string, string];
        assert.ok(lets(egress, host, Number(port)), `the network policy keeps pods from ${place}`);
      }
      const names = egress.filter(({ ports: open }) => open.some(({ port }) => port === 53));
      assert.deepEqual(
        names.flatMap(({ to }) => to),
        [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
            podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
          },
        ],
      );
      // An answer that is too long for UDP is asked for again over TCP (RFC 7766).
      assert.deepEqual(names[0]!.ports.map(({ protocol }) => protocol).toSorted(), ['TCP', 'UDP']);
      for (const { to, ports: open } of egress)
        assert.ok(to.length > 0 && open.length > 0, 'it names no end');
    });

    it('lets Prometheus in, at the port of HTTP, and nobody else', () => {
      const { ingress } = oneOf(objects, 'NetworkPolicy').spec as NetworkPolicySpec;
      const monitoring = { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } };
      assert.deepEqual(ingress, [
        {
          from: [{ namespaceSelector: monitoring }],
          ports: [{ protocol: 'TCP', port: main.ports![0]!.name }],
        },
      ]);
    });

    it('leaves a member when nodes are drained, and lets those be drained whose members are not ready', () => {
      const budget = oneOf(objects, 'PodDisruptionBudget').spec as Record<string, unknown>;
      assert.deepEqual([budget.maxUnavailable, budget.unhealthyPodEvictionPolicy], [1, 'AlwaysAllow']);
      const scaled = find('ScaledObject')?.spec as { minReplicaCount: number } | undefined;
      const least = scaled?.minReplicaCount ?? (scorer.spec as { replicas: number }).replicas;
      assert.ok(least >= 2, `${least} members less one are none`);
    });

    it('gives the pods of a StatefulSet the Service that names them', () => {
      if (scorer.kind !== 'StatefulSet') return;
      assert.equal((scorer.spec as { serviceName: string }).serviceName, service.metadata.name);
      assert.equal((service.spec as ServiceSpec).clusterIP, 'None');
      assert.equal(config.kafka.instanceId, 'tidemark-0');
      // Else a pod that is replaced is taken for gone.
      assert.ok(config.kafka.sessionTimeoutMs / 1000 > pod.terminationGracePeriodSeconds);
    });
  });
}

/** Where the pipeline's file says that the token for reading is. */
function tokenFile(objects: readonly Manifest[]): string {
  const { data } = oneOf(objects, 'ConfigMap') as unknown as { data: Record<string, string> };
  return /read_token: \$\{file:([^}]+)\}/.exec(data['pipeline.yaml']!)![1]!;
}
