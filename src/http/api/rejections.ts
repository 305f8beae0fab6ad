/** GET /api/rejections: the latest events that went to the dead-letter topic, newest first, without what was in them. */
export interface RejectionsView {
  /** How many are kept of each code at most. */
  readonly keptPerCode: number;
  readonly rejections: readonly RejectionView[];
}

export interface RejectionView {
  /** `topic/partition@offset` */
  readonly place: string;
  readonly code: string;
  readonly detail: string;
  readonly atMs: number;
  /** The event's own id, where it could be read. */
  readonly id?: string;
  /** Of an event that is traced. */
  readonly traceId?: string;
  /** Id in the frame of the value; absent when it has no frame. */
  readonly schemaId?: number;
}

/** GET /api/rejections/PLACE/payload */
export interface PayloadView {
  readonly place: string;
  readonly bytes: number;
  readonly timestampMs?: number;
  /** The key as UTF-8; null when there is none. */
  readonly key: string | null;
  /** The event as JSON, where its bytes are one of its schema. */
  readonly value?: unknown;
  /** Why it could not be decoded. */
  readonly undecoded?: string;
  /** The first bytes in hexadecimal, where it could not be decoded. */
  readonly hex?: string;
}
