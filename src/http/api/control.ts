import type { CommandedLevel } from '../../telemetry/logLevels.ts';

type CommandName = 'pause' | 'resume' | 'drain' | 'log-level' | 'skip' | 'seek';

/** POST /api/commands: something that the whole group is to do, by whom and why. */
export type CommandRequest = { readonly by: string; readonly why: string } & (
  | { readonly command: 'pause' | 'resume' | 'drain' }
  | { readonly command: 'log-level'; readonly level: CommandedLevel }
  | { readonly command: 'skip'; readonly partition: number; readonly to: { readonly skip: number } }
  | {
      readonly command: 'seek';
      readonly partition: number;
      readonly to: 'earliest' | 'latest' | { readonly offset: number };
    }
);

/** What came of it, after every replica has answered or none has for too long. */
export interface RequestedView {
  readonly done: boolean;
  readonly answers: readonly AnswerView[];
  /** How many should answer; absent where it is the one that holds the partition. */
  readonly members?: number;
}

/** What one replica did. */
export interface AnswerView {
  readonly atMs: number;
  readonly command: CommandName;
  readonly replica: { readonly host: string; readonly pid: number };
  readonly applied: boolean;
  readonly result: string;
}

/** GET /api/audit: what was asked of the group, by whom and why, and what came of it; oldest first. */
export type AuditRecordView =
  | {
      readonly kind: 'requested';
      readonly atMs: number;
      readonly command: {
        readonly id: string;
        readonly command: CommandName;
        readonly by: string;
        readonly why: string;
        readonly partition?: number;
        readonly level?: string;
        readonly to?: unknown;
      };
    }
  | ({ readonly kind: 'answered'; readonly id: string } & AnswerView);
