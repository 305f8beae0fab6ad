import { closest, distance } from 'fastest-levenshtein';

/** Fewer letters begin too many words. */
const LEAST_BEGINNING = 3;

/** The valid word that was most likely meant, if any is near enough to be a slip of the hand. */
export function nearestWord(written: string, words: readonly string[]): string | undefined {
  // The distance costs length times length, and no valid word is that long.
  if (words.length === 0 || written === '' || written.length > 100) return undefined;
  const typed = written.toLowerCase();
  const nearest = closest(
    typed,
    words.map((word) => word.toLowerCase()),
  );
  const word = words.find((valid) => valid.toLowerCase() === nearest)!;
  const slips = distance(typed, nearest);
  const allowed = Math.max(1, Math.floor(Math.max(typed.length, word.length) / 3));
  // Two letters that changed places count as two slips, which in a short word is too many.
  const swapped = slips === 2 && sorted(typed) === sorted(nearest);
  if (slips <= allowed || swapped) return word;
  const begun =
    typed.length < LEAST_BEGINNING ? [] : words.filter((valid) => valid.toLowerCase().startsWith(typed));
  return begun.length === 1 ? begun[0] : undefined;
}

function sorted(word: string): string {
  return [...word].sort().join('');
}
