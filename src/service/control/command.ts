/**
 * What is said to a group, and what is kept of it: the records of the control topic and of the audit topic. Whoever may write to
 * these topics is believed no more than whoever sends an event.
 */
import { z } from 'zod';
import { TidemarkError } from '../../errors.ts';
import { COMMANDED_LEVELS } from '../../telemetry/logLevels.ts';

const MAX_NAME_CHARACTERS = 200;
const MAX_WHY_CHARACTERS = 1000;
/** Nothing that is said to a group is longer. */
const MAX_RECORD_BYTES = 16 * 1024;

/** Terminals and logs show it as it is: no control characters. */
function shown(what: string, max: number) {
  return z
    .string({ error: what })
    .trim()
    .min(1, { error: what })
    .max(max, { error: `${what}, at most ${max} characters` })
    .regex(/^\P{Cc}*$/u, { error: `${what}, on one line and without control characters` });
}

const offset = z.int({ error: 'an offset: a whole number from 0' }).min(0, { error: 'an offset from 0' });
const who = {
  by: shown('who asks for it', MAX_NAME_CHARACTERS),
  why: shown('why it is asked for', MAX_WHY_CHARACTERS),
};
const partition = z
  .int({ error: 'a partition: a whole number from 0' })
  .min(0, { error: 'a partition from 0' })
  .max(2 ** 31 - 1, { error: 'a partition' });

const skipTo = z.union([
  z.strictObject({ skip: z.int().min(1).max(1_000_000_000) }),
  z.strictObject({ offset, forward: z.literal(true) }),
]);
const seekTo = z.union([
  z.enum(['earliest', 'latest']),
  z.strictObject({ offset }),
  z.strictObject({ timestampMs: z.int().min(0) }),
]);

const logLevel = z.enum(COMMANDED_LEVELS);

/** What somebody asks of a group: the body of a request over HTTP, and what the verbs of the command line send. */
const commandRequest = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('pause'), ...who }),
  z.strictObject({ command: z.literal('resume'), ...who }),
  z.strictObject({ command: z.literal('drain'), ...who }),
  z.strictObject({ command: z.literal('log-level'), level: logLevel, ...who }),
  z.strictObject({ command: z.literal('skip'), partition, to: skipTo, ...who }),
  z.strictObject({ command: z.literal('seek'), partition, to: seekTo, ...who }),
]);
export type CommandRequest = z.output<typeof commandRequest>;

/** What somebody sent, as a request. Throws E-USAGE with everything that is wrong with it. */
export function requestOf(sent: unknown): CommandRequest {
  const parsed = commandRequest.safeParse(sent);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: expected ${message}`,
  );
  throw new TidemarkError('E-USAGE', faults.join('; '));
}

/** Added to what was asked for. */
const asked = z.strictObject({
  id: z.uuid(),
  /** Epoch milliseconds by the clock of whoever asked. */
  atMs: z.int().min(0),
  /** Nobody carries it out after this time; what is kept (state, log level) holds until another word. */
  untilMs: z.int().min(0),
});

/** A record of the control topic. */
const command = z
  .looseObject({ id: z.unknown(), atMs: z.unknown(), untilMs: z.unknown() })
  .transform(({ id, atMs, untilMs, ...rest }) => ({ asked: { id, atMs, untilMs }, request: rest }))
  .pipe(z.object({ asked, request: commandRequest }))
  .transform(({ asked: facts, request }): Command => ({ ...request, ...facts }));
export type Command = CommandRequest & z.output<typeof asked>;
/** Commands that keep: the last one holds for every process, also for those that start later. */
export type StateCommand = Extract<Command, { command: 'pause' | 'resume' | 'drain' }>;
/** Commands that are done once, by whoever holds the partition. */
export type MoveCommand = Extract<Command, { command: 'skip' | 'seek' }>;

const replica = z.object({ id: z.string(), host: z.string(), pid: z.int() });
/** A process of the group; two pipelines within one process differ in `id`. */
export type Replica = z.output<typeof replica>;

const plain = z.string().regex(/^\P{Cc}*$/u);
const place = { atMs: z.int(), group: z.string(), pipeline: plain };

/** What one process did about a command. */
const answer = z.object({
  kind: z.literal('answered'),
  ...place,
  id: z.uuid(),
  command: z.enum(['pause', 'resume', 'drain', 'log-level', 'skip', 'seek']),
  replica: replica.extend({ id: plain, host: plain }),
  applied: z.boolean(),
  /** What came of it, or why nothing did. */
  result: plain,
  partition: z.int().optional(),
  /** Of a partition that was moved; without `from` its position before was not known. */
  from: z.number().optional(),
  to: z.number().optional(),
});
export type Answer = z.output<typeof answer>;

const requested = z.object({ kind: z.literal('requested'), ...place, command });

/** A record of the audit topic. Keys that a later version adds are left out. */
const auditRecord = z.discriminatedUnion('kind', [requested, answer]);
export type AuditRecord = z.output<typeof auditRecord>;

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** Reads the value of a record of the control topic. Never throws. */
export function parseCommand(bytes: Uint8Array): Parsed<Command> {
  return parse(command, bytes);
}

/** Reads the value of a record of the audit topic. Never throws. */
export function parseAudit(bytes: Uint8Array): Parsed<AuditRecord> {
  return parse(auditRecord, bytes);
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array): Parsed<T> {
  if (bytes.length > MAX_RECORD_BYTES)
    return { ok: false, problem: `${bytes.length} bytes, more than ${MAX_RECORD_BYTES}` };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { ok: false, problem: 'not JSON' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  // Its message may repeat what was sent; its path may not be long for the same reason.
  const at = (issue?.path ?? []).slice(0, 3).map(String).join('.').slice(0, 60);
  return { ok: false, problem: `no command: ${at === '' ? 'its keys' : at} (${issue?.code})` };
}

const STATE = 'state';
const LOG_LEVEL = 'log-level';

/** The key under which the control topic keeps the latest of a kind. */
export function keyOf(group: string, { command, ...rest }: CommandRequest): string {
  if (command === 'log-level') return `${group}/${LOG_LEVEL}`;
  return 'partition' in rest ? `${group}/partition/${rest.partition}` : `${group}/${STATE}`;
}

/** What a record with this key is about, where it is about this group. */
export function subjectOf(group: string, key: string): 'state' | 'log-level' | 'partition' | undefined {
  if (!key.startsWith(`${group}/`)) return undefined;
  const rest = key.slice(group.length + 1);
  if (rest === STATE || rest === LOG_LEVEL) return rest;
  return /^partition\/[0-9]{1,10}$/.test(rest) ? 'partition' : undefined;
}
