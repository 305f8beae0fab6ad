import { keyView, type TopicReader } from '../../pipeline/ports.ts';
import type { HotKey } from './advice.ts';

/** Records at the end of the partition: enough to see a share of a few hundredths, and each counted, as they are so few. */
const SAMPLED = 1_000;
const WITHIN_MS = 5_000;
/** A key with a smaller share does not make a partition hot; then many keys do together. */
const LEAST_SHARE = 0.2;
const LONGEST = 64;

/**
 * The commonest key among the latest records of a partition; null when none is common, undefined when no record was read.
 * Reads what is there within 5 s, or before the signal.
 * @param reader is stopped afterwards
 */
export async function commonestKey(
  reader: TopicReader,
  partition: number,
  end: number,
  signal: AbortSignal,
): Promise<HotKey | null | undefined> {
  const counts = new Map<string, number>();
  let sampled = 0;
  const late = Promise.withResolvers<undefined>();
  const stop = () => late.resolve(undefined);
  const timer = setTimeout(stop, WITHIN_MS);
  signal.addEventListener('abort', stop);
  try {
    reader.read(new Map([[partition, Math.max(0, end - SAMPLED)]]), SAMPLED);
    for (let next = 0; next < end && sampled < SAMPLED; ) {
      const block = await Promise.race([reader.next(), late.promise]);
      if (block === undefined) break;
      for (let index = 0; index < block.count && sampled < SAMPLED; index++, sampled++) {
        const key = keyView(block, index);
        if (key === undefined) continue;
        const shown = keyText(key);
        counts.set(shown, (counts.get(shown) ?? 0) + 1);
      }
      next = block.nextOffset;
      reader.release(block);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await reader.stop();
  }
  if (sampled === 0) return undefined;
  const [commonest] = [...counts].sort(([, one], [, other]) => other - one);
  if (commonest === undefined || commonest[1] < sampled * LEAST_SHARE) return null;
  return { key: commonest[0], share: Math.round((commonest[1] / sampled) * 100) / 100, sampled };
}

function keyText(bytes: Uint8Array): string {
  const key = Buffer.from(bytes);
  const text = key.toString();
  // Whatever is not plain text would garble the terminal or page that shows it.
  const shown = /^[\P{C}]+$/u.test(text) && !text.includes('\ufffd') ? text : key.toString('hex');
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}
