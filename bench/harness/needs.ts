/** What a peer takes that a machine may lack, and how to tell it. */
import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { type Command, run } from './process.ts';

const ANSWER_WITHIN_MS = 30_000;
/** Of the words of a tool that failed. */
const SHOWN_CHARACTERS = 200;

/** A message of one sentence: what is missing and what to install. */
export class Missing extends Error {
  override readonly name = 'Missing';
}

/** What `file` prints with `args`, on either stream; undefined when there is no such program or it fails. */
export function answerOf(file: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: ANSWER_WITHIN_MS });
  return status === 0 ? stdout + stderr : undefined;
}

/** Runs a tool that makes a peer ready. Throws Missing with the line in which it says why it failed, and `advice`. */
export async function prepare(command: Command, advice: string, signal: AbortSignal): Promise<void> {
  try {
    await run(command, {}, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new Missing(`${reasonIn((error as Error).message)} ${advice}`, { cause: error });
  }
}

const TELLING = /^(\[ERROR\]|ERROR:|Error:|Exception in thread)\s*\S/;

/** The line that says what went wrong, in what a build tool, an installer or a program that failed prints. */
export function reasonIn(said: string): string {
  const lines = stripVTControlCharacters(said)
    .split('\n')
    .map((line) => line.trim());
  // Python's tracebacks end with it.
  const telling = lines.find((line) => TELLING.test(line)) ?? lines.findLast((line) => line !== '');
  const reason = (telling ?? 'no reason given').replace(/^(\[ERROR\]|ERROR:|Error:)\s*/, '');
  const short = reason.length > SHOWN_CHARACTERS ? `${reason.slice(0, SHOWN_CHARACTERS)} ...` : reason;
  return /[.!?]$/.test(short) ? short : `${short}.`;
}
