/** Writes docs/errors.md from the catalogue: `node tools/errorsDoc.ts`. */
import { writeFileSync } from 'node:fs';
import { catalogue, dispositions } from '../src/errors.ts';

export function errorsDoc(): string {
  const sections = Object.entries(dispositions).map(([disposition, { title, consequence }]) => {
    const entries = Object.entries(catalogue)
      .filter(([, entry]) => entry.disposition === disposition)
      .map(([code, { summary, action }]) => `### ${code}\n\n${summary}\n\n**What to do:** ${action}\n`);
    return `## ${title}\n\n${consequence}\n\n${entries.join('\n')}`;
  });
  return `# Errors

Every fault has a code, which stands in the log, in \`/readyz\`, in metrics and in the headers of dead letters. This page is made
from \`src/errors.ts\` by \`node tools/errorsDoc.ts\`; \`tidemark errors\` lists the same codes, and \`tidemark errors CODE\` explains one.

${sections.join('\n')}`;
}

if (import.meta.main) writeFileSync('docs/errors.md', errorsDoc());
