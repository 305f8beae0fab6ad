#!/usr/bin/env node
import { nodeFault } from '../service/nodeVersion.ts';
import './timerWarnings.ts';
import './youngGeneration.ts';

const fault = nodeFault();
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exit(2);
}

// Imported once that is set: what a module imports at its head is read and compiled before any of it runs.
await import('./program.ts');
