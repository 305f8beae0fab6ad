/** What the tests of k8s/ read of pods. */
import type { Manifest } from './manifests.ts';

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly requests: Resources; readonly limits: Resources };
  readonly securityContext: object;
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

type Resources = Readonly<Record<string, string>>;

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

export interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string };
  readonly configMap?: { readonly name: string };
  readonly emptyDir?: { readonly sizeLimit?: string };
  readonly image?: { readonly reference: string; readonly pullPolicy: string };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly automountServiceAccountToken: boolean;
  readonly topologySpreadConstraints: readonly { readonly labelSelector: Selector }[];
}

export interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

const WITH_PODS = new Set(['Deployment', 'StatefulSet', 'Job']);

export function withPods(manifests: readonly Manifest[]): Manifest[] {
  return manifests.filter(({ kind }) => WITH_PODS.has(kind));
}

export function templateOf(manifest: Manifest): PodTemplate {
  return (manifest.spec as { readonly template: PodTemplate }).template;
}

export function containersOf(manifest: Manifest): readonly Container[] {
  const { containers, initContainers = [] } = templateOf(manifest).spec;
  return [...initContainers, ...containers];
}

/** Whether a selector chooses what has these labels. */
export function selects({ matchLabels }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}
