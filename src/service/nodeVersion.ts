/** Older versions install the package with a warning and then fail in the middle of a run, at the first thing they lack. */
const NEEDED = 24;

/** Why this Node.js cannot run Tidemark; undefined when it can. */
export function nodeFault(version: string = process.versions.node): string | undefined {
  if (Number.parseInt(version, 10) >= NEEDED) return undefined;
  return `Tidemark needs Node.js ${NEEDED} or later, and this is ${version}: install it from https://nodejs.org`;
}
