/** What the network policy of an overlay lets its pods reach. */
import { type Manifest, oneOf } from './manifests.ts';
import { type Selector, selects } from './pods.ts';

export interface Peer {
  readonly namespaceSelector: Selector;
  readonly podSelector?: Selector;
}

export interface Port {
  readonly protocol: string;
  readonly port: number | string;
}

export interface Egress {
  readonly to: readonly Peer[];
  readonly ports: readonly Port[];
}

export interface Ingress {
  readonly from: readonly Peer[];
  readonly ports: readonly Port[];
}

export interface NetworkPolicySpec {
  readonly policyTypes: readonly string[];
  readonly ingress: readonly Ingress[];
  readonly egress: readonly Egress[];
}

export function egressOf(objects: readonly Manifest[]): readonly Egress[] {
  return (oneOf(objects, 'NetworkPolicy').spec as NetworkPolicySpec).egress;
}

/** @param host of a Service, `name.namespace.svc` */
export function lets(egress: readonly Egress[], host: string, port: number): boolean {
  const labels = { 'kubernetes.io/metadata.name': host.split('.')[1]! };
  return egress.some(
    ({ to, ports }) =>
      to.some(
        ({ namespaceSelector, podSelector }) =>
          podSelector === undefined && selects(namespaceSelector, labels),
      ) && ports.some((each) => each.protocol === 'TCP' && each.port === port),
  );
}
