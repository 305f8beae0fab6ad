/** Whether somebody is there to be asked. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Somebody pressed Ctrl-C at a question, which is no answer: what was asked about is left, and the status says so. Other faults go on. */
export function onPromptAbort(cause: unknown): undefined {
  if (!(cause instanceof Error && cause.name === 'ExitPromptError')) throw cause;
  process.exitCode = 130;
}
