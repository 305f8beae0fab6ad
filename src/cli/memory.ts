/**
 * What a process that scores needs of its memory, known only after a soak: what V8 and the C library do by themselves lets it
 * grow for as long as it runs. Both take such settings only when a process starts, so it is started once more in its own place.
 */

/**
 * MiB of each half of the part of the heap where new objects are. They are few, and live as long as their batch. Left to itself V8
 * grows it to three times 16 MiB while the code is loaded; and shrinks it in a quiet minute so far that what belongs to a batch
 * is still alive the second time it is full, is taken for something that stays, and swells the rest of the heap.
 */
const SEMI_SPACE_MIB = 4;
/**
 * How much more than is alive the rest of the heap may hold before it is collected. Left to itself V8 lets it grow the more the
 * faster events come, in steps that look like a leak.
 */
const GROWTH_PERCENT = 20;
const FLAGS = [
  `--min-semi-space-size=${SEMI_SPACE_MIB}`,
  `--max-semi-space-size=${SEMI_SPACE_MIB}`,
  `--heap-growing-percent=${GROWTH_PERCENT}`,
];

/** Of glibc; another C library does not look at them. */
const ALLOCATOR = {
  // Left to itself it rises with what is freed, until buffers of megabytes come and go amid small things and leave holes.
  MALLOC_MMAP_THRESHOLD_: '131072',
  // Each thread of the pool would keep some MiB of its own for what it read while the code was loaded.
  MALLOC_ARENA_MAX: '2',
};

/** Starts the program anew, as the same process, unless it runs with these settings or with those that its user chose. */
export function settleMemory(): void {
  const { execve, execArgv, execPath, argv, env } = process;
  const isChosen = (text: string): boolean => text.includes('semi-space-size');
  if (execve === undefined || execArgv.some(isChosen) || isChosen(env.NODE_OPTIONS ?? '')) return;
  execve(execPath, [execPath, ...FLAGS, ...execArgv, ...argv.slice(1)], { ...ALLOCATOR, ...env });
}
