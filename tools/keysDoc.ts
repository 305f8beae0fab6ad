/** Writes docs/keys.md from the schema of a pipeline's file: `node tools/keysDoc.ts`. */
import { writeFileSync } from 'node:fs';
import { formatKeyTable } from '../src/config/keyTable.ts';

export function keysDoc(): string {
  return `# Keys of a pipeline's file

Every key that [a pipeline's file](configure.md) may have, and which of them cannot stand together. A required key of an optional section
is required where the section is given. This page is made from \`src/config/fileSchema.ts\` by \`node tools/keysDoc.ts\`; \`tidemark schema
--keys\` prints the table.

${formatKeyTable()}
## What cannot hold together

A file is refused unless

- \`kafka.drain_timeout\` is shorter than \`kafka.session_timeout\`: later the partitions have gone to others, who read again what is
  still being finished here.
- \`watchdog\` is longer than \`kafka.session_timeout\`, \`kafka.drain_timeout\`, \`batching.max_delay\` and \`commit_every\`: pauses of
  these lengths are healthy.
- \`batching.max_delay\` is shorter than \`slo.p99\`.
- \`input.topic\`, \`output.topic\` and \`dead_letter.topic\` are three topics.
- \`decision.rules\` descend in \`at_least\`; the last rule has none, and no other lacks it. An output field takes \`decision\` only
  where there is one.
- \`slo.from: event\` needs \`input.time\`.
- \`tls.cert\` and \`tls.key\` come together; \`registry.tls\` and \`tracing.tls\` need an https URL.
- \`delivery: exactly-once\` needs a client that offers it; none does yet. \`kafka.instance_id\` and the compressions snappy, lz4 and zstd
  need \`kafka.client: native\`. What the client cannot do is refused with E-KAFKA-CAPABILITY by \`check\` and \`run\`.
`;
}

if (import.meta.main) writeFileSync('docs/keys.md', keysDoc());
