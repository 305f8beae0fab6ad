import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { asTidemarkError } from '../../errors.ts';
import type { Top } from '../../service/group/top.ts';
import { LiveScreen } from '../liveScreen.ts';
import { paint } from '../output.ts';
import { aborted, onSignals } from '../signals.ts';
import { topScreen } from './screen.ts';

const CTRL_C = '\u0003';

/**
 * Shows the group until somebody presses q or Ctrl-C, or a signal comes.
 * @returns the exit status. Throws the TidemarkError of the first look, and later what waiting does not cure.
 */
export async function watchTop(top: Top, everyMs: number): Promise<number> {
  const live = new LiveScreen(process.stdout, (size) =>
    topScreen(top.view(), size, (style, text) => paint(style, text, process.stdout)),
  );
  const stop = new AbortController();
  let status = 0;
  const end = (exitStatus: number) => {
    status = exitStatus;
    stop.abort();
  };
  const stopListening = listen(end);
  try {
    const first = await Promise.race([top.look().then(() => 'seen'), aborted(stop.signal)]);
    while (first === 'seen' && !stop.signal.aborted) {
      live.draw();
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => {});
      if (!stop.signal.aborted) await Promise.race([lookAgain(top), aborted(stop.signal)]);
    }
    return status;
  } finally {
    live.close();
    stopListening();
  }
}

async function lookAgain(top: Top): Promise<void> {
  try {
    await top.look();
    void top.readHotKeys();
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    // The view says what is wrong, and what was seen last.
    if (error.disposition !== 'retry') throw error;
  }
}

/** Keys come one by one, as bytes and without an echo; Ctrl-C is one of them then. @returns how to stop */
function listen(end: (exitStatus: number) => void): () => void {
  const { stdin } = process;
  const onKey = (bytes: Buffer) => {
    const keys = bytes.toString();
    if (keys.includes(CTRL_C)) end(128 + constants.signals.SIGINT);
    else if (keys.includes('q')) end(0);
  };
  const forget = onSignals(end);
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on('data', onKey);
  return () => {
    forget();
    stdin.off('data', onKey);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
    stdin.unref();
  };
}
