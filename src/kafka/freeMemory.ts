/**
 * Frees memory now; nobody may look at it any more, by whatever view. The garbage collector would get to it much later: megabytes
 * hang on objects so small that it sees no reason to run, and meanwhile the process grows.
 */
export function freeMemory(memory: ArrayBufferLike): void {
  // A buffer whose content moves elsewhere is free at once; here nothing of it moves.
  (memory as ArrayBuffer).transfer(0);
}
