import type { AuditRecordView, RequestedView } from './api/control.ts';
import type { GroupView, ScaleView } from './api/group.ts';
import type { PayloadView, RejectionsView } from './api/rejections.ts';
import type { ReplicaView } from './api/replica.ts';

/**
 * What is served beside metrics and health. A part that is absent is absent from the page. Each gives what JSON can hold, and
 * throws a TidemarkError: E-USAGE for a wrong request, one of disposition `retry` or E-KAFKA-* or E-REGISTRY-* for what is not there
 * now.
 */
export interface HttpParts {
  /** @param sinceMs only samples of the history after it */
  replica(sinceMs: number): Promise<ReplicaView>;
  rejections(): RejectionsView;
  /** Undefined when `place` is not among the rejections; `busy` while another payload is read. */
  readonly payload?: ((place: string) => Promise<PayloadView | 'busy' | undefined>) | undefined;
  /** The whole group from Kafka's own data; undefined before the first look. */
  readonly group?: (() => GroupView | undefined) | undefined;
  /** How many replicas are needed; undefined before that is known. */
  readonly scale?: (() => ScaleView | undefined) | undefined;
  readonly audit?: (() => Promise<readonly AuditRecordView[]>) | undefined;
  /** Takes what was sent as it is, and refuses what is no CommandRequest with E-USAGE. */
  readonly commands?: ((request: unknown) => Promise<RequestedView>) | undefined;
}
