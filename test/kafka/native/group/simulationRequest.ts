/** What members ask of the coordinator of their group, and what it answers. */
export interface GroupRequest {
  readonly api: 'join' | 'sync' | 'heartbeat' | 'leave' | 'commit';
  readonly memberId: string;
  readonly instanceId?: string;
  readonly generation?: number;
  readonly protocols?: readonly { readonly name: string; readonly metadata: Buffer }[];
  readonly assignments?: readonly { readonly memberId: string; readonly assignment: Buffer }[];
  readonly sessionMs?: number;
  readonly rebalanceMs?: number;
  /** Tells the world that offsets were taken, while they are. */
  readonly accepted?: () => void;
}

export interface GroupAnswer {
  readonly error?: string;
  readonly memberId?: string;
  readonly generation?: number;
  readonly protocol?: string;
  readonly leader?: string;
  readonly skipAssignment?: boolean;
  readonly members?: readonly { readonly memberId: string; readonly metadata: Buffer }[];
  readonly assignment?: Buffer;
}

export type Reply = (answer: GroupAnswer) => void;
