/**
 * Gives the part of the heap that new objects go to the size which scoring needs, and is imported before anything else for it.
 *
 * Left to itself V8 grows it to three times 16 MiB while the code is loaded, for good. Kept at its first size, it fills so often that
 * what belongs to a batch is still alive the second time, is taken for something that stays, and swells the rest of the heap by 25 MiB
 * until that is collected. At running time V8 takes only the factor by which it grows, once what is alive fills it: so it is filled.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Twice four: V8 copies what is alive from one half to the other. */
const WANTED_BYTES = 8 * 1024 * 1024;
/** Some 15 KB each; a V8 that does not grow for them is left as it is. */
const MOST_FILLINGS = 400;

function size(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? WANTED_BYTES
  );
}

setFlagsFromString('--semi-space-growth-factor=4');
const alive: unknown[] = [];
for (let filling = 0; size() < WANTED_BYTES && filling < MOST_FILLINGS; filling++) {
  for (let i = 0; i < 200; i++) alive.push(new Array(8).fill(i));
}
alive.length = 0;
setFlagsFromString('--semi-space-growth-factor=1');
