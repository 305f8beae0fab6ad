import type { World } from './world.ts';

/** `skipped`: it could not be asked, and nothing is known of it. */
export type Status = 'ok' | 'warn' | 'fail' | 'skipped';

export interface Verdict {
  readonly status: Status;
  /** What was seen, or why nothing was. */
  readonly evidence: string;
  /** What to do, where something is to be done. */
  readonly fix?: string;
}

export interface Check {
  /** A word, by which it is left out and found in JSON. */
  readonly id: string;
  /** What it asks, in a few words. */
  readonly title: string;
  /** What has to answer before this can be asked. */
  readonly needs: readonly Dependency[];
  /** Throws a TidemarkError where an answer is refused or does not come. */
  ask(world: World): Promise<readonly Verdict[]>;
}

export type Dependency = 'kafka' | 'registry';

export const ok = (evidence: string): Verdict => ({ status: 'ok', evidence });
export const warn = (evidence: string, fix: string): Verdict => ({ status: 'warn', evidence, fix });
export const fail = (evidence: string, fix: string): Verdict => ({ status: 'fail', evidence, fix });
export const skipped = (evidence: string, fix?: string): Verdict => ({
  status: 'skipped',
  evidence,
  ...(fix === undefined ? {} : { fix }),
});

export const configDenied = (topic: string): Verdict =>
  skipped(
    `the configuration of topic ${topic} may not be read`,
    `Allow DescribeConfigs on topic ${topic}; a pipeline does without, this check does not.`,
  );
