/** `open`: anybody who reaches the server. `token`: the holder of one. `refused`: nobody, as the configuration stands. */
export type AccessRule = 'open' | 'token' | 'refused';

/** GET /api/access, which needs no token itself: what the one who asks may do. */
export interface AccessView {
  readonly reads: AccessRule;
  readonly changes: AccessRule;
  readonly mayRead: boolean;
  readonly mayChange: boolean;
  /** What would have to be set, where reads are refused. */
  readonly readsNeed?: string;
  /** Which parts of the API are there. */
  readonly parts: readonly PartName[];
}

export type PartName = 'payload' | 'group' | 'scale' | 'audit' | 'commands';
