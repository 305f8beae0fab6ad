#!/usr/bin/env node
import { nodeFault } from '../service/nodeVersion.ts';
import { settleMemory } from './memory.ts';
import './nodeWarnings.ts';
import { fail } from './output.ts';

const fault = nodeFault();
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exit(2);
}

if (process.argv[2] === 'run') settleMemory();

// Whoever reads may have enough, as `head` does: that is the end, and no fault.
process.stdout.on('error', () => process.exit());

try {
  // Imported once that is settled: what a module imports at its head is read and compiled before any of it runs.
  const { program } = await import('./program.ts');
  await program.parseAsync();
} catch (cause) {
  fail(cause);
}
// What a pipe has no room for is still on its way.
await new Promise((resolve) => process.stdout.write('', resolve));
// A connection that a library keeps trying to make must not keep a command up that has said all it has to say.
process.exit();
