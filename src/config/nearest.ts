import { closest, distance } from 'fastest-levenshtein';

/** The valid word that was most likely meant, if any is near enough to be a slip of the hand. */
export function nearestWord(written: string, words: readonly string[]): string | undefined {
  // The distance costs length times length, and no valid word is that long.
  if (words.length === 0 || written === '' || written.length > 100) return undefined;
  const typed = written.toLowerCase();
  const word = closest(typed, words);
  const slips = distance(typed, word);
  const allowed = Math.max(1, Math.floor(Math.max(typed.length, word.length) / 3));
  // Two letters that changed places count as two slips, which in a short word is too many.
  const swapped = slips === 2 && sorted(typed) === sorted(word);
  return slips <= allowed || swapped ? word : undefined;
}

function sorted(word: string): string {
  return [...word].sort().join('');
}
