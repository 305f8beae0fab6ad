/** A card pipeline whose group is commanded, and the verbs of the command line that do it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { AuditRecord } from '../../src/service/control/command.ts';
import type { Requested } from '../../src/service/control/commands.ts';
import { type CardFraud, type CardFraudOptions, newCardFraud } from './cardFraud.ts';
import { createTopic, uniqueName } from './stack.ts';
import { runTidemark, TidemarkProcess } from './tidemark.ts';

export interface Commanded extends CardFraud {
  readonly control: string;
  readonly audit: string;
}

/** With its control and audit topic. */
export async function newCommanded(t: TestContext, options: CardFraudOptions = {}): Promise<Commanded> {
  const control = uniqueName('control');
  const audit = `${control}.audit`;
  await createTopic(control, 1, { config: { 'cleanup.policy': 'compact' } });
  await createTopic(audit, 1);
  const settings = { control: { topic: control, audit_topic: audit }, ...options.settings };
  return { ...(await newCardFraud(t, { ...options, settings })), control, audit };
}

/** `count` processes of one group, each with a share of the partitions. */
export async function replicas(
  t: TestContext,
  pipeline: Commanded,
  shares: readonly number[],
): Promise<TidemarkProcess[]> {
  const running = shares.map(() => runTidemark(t, pipeline.file));
  await Promise.all(running.map((run, at) => run.untilHolding(shares[at]!)));
  return running;
}

export function verb(
  t: TestContext,
  pipeline: Pick<Commanded, 'file'>,
  ...args: readonly string[]
): TidemarkProcess {
  const [name, ...rest] = args;
  return new TidemarkProcess(t, [name!, '-c', pipeline.file, '--by', 'alice', '--why', 'a test', ...rest]);
}

/** Runs a verb to its end and returns what it says as JSON. */
export async function ask(
  t: TestContext,
  pipeline: Pick<Commanded, 'file'>,
  args: readonly string[],
  status = 0,
): Promise<Requested> {
  const { stdout } = await verb(t, pipeline, ...args, '--json').endsWith(status, 60_000);
  return JSON.parse(stdout);
}

export async function auditOf(t: TestContext, pipeline: Commanded): Promise<AuditRecord[]> {
  const process = new TidemarkProcess(t, ['audit', '-c', pipeline.file, '--json']);
  const { stdout } = await process.endsWith(0);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Every process that should has done it. */
export function assertDone({ answers, done, command }: Requested, processes: number): void {
  const told = JSON.stringify(answers, null, 1);
  assert.ok(done, `${command.command} is not done: ${told}`);
  assert.equal(answers.length, processes, told);
}
