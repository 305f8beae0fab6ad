#!/usr/bin/env node
import './youngGeneration.ts';

// Imported once that is set: what a module imports at its head is read and compiled before any of it runs.
await import('./program.ts');
