/** Writes docs/errors.md from the catalogue: `node tools/errorsDoc.ts`. */
import { writeFileSync } from 'node:fs';
import { catalogue, type Disposition } from '../src/errors.ts';

const SECTIONS: Record<Disposition, { title: string; text: string }> = {
  'dead-letter': {
    title: 'The event goes to the dead-letter topic',
    text: `Key and bytes of the record are untouched; headers give the code and the record’s origin. Its neighbours are scored,
and its offset is committed only once the dead letter is acknowledged.`,
  },
  retry: {
    title: 'The pipeline waits and goes on by itself',
    text: `What needs the missing part pauses; nothing is dropped. \`/readyz\` and \`tidemark_paused\` say what is waited for, and
\`/healthz\` stays 200, because a restart would not help.`,
  },
  stop: {
    title: 'The process ends with a non-zero exit status',
    text: 'Nothing past the fault is committed: what was in hand is read again after the next start.',
  },
};

export function errorsDoc(): string {
  const sections = Object.entries(SECTIONS).map(([disposition, { title, text }]) => {
    const entries = Object.entries(catalogue)
      .filter(([, entry]) => entry.disposition === disposition)
      .map(([code, { summary, action }]) => `### ${code}\n\n${summary}\n\n**What to do:** ${action}\n`);
    return `## ${title}\n\n${text}\n\n${entries.join('\n')}`;
  });
  return `# Errors

Every fault has a code, which stands in the log, in \`/readyz\`, in metrics and in the headers of dead letters. This page is made
from \`src/errors.ts\` by \`node tools/errorsDoc.ts\`.

${sections.join('\n')}`;
}

if (import.meta.main) writeFileSync('docs/errors.md', errorsDoc());
