import { stringify } from 'yaml';
import { formatPath } from '../../config/fieldPath.ts';
import type { FieldPath } from '../../pipeline/ports.ts';

/** What is particular to one pipeline's file. Paths are as they are written. */
export interface PipelineFacts {
  readonly name: string;
  readonly brokers: string;
  readonly registry: string;
  readonly topic: string;
  readonly eventSchema: string;
  readonly outputSchema: string;
  readonly package: string;
  readonly id?: string | undefined;
  readonly time?: string | undefined;
  /** Where features are whose place is not their own name. */
  readonly places: readonly (readonly [feature: string, place: FieldPath])[];
  readonly outputFields: readonly (readonly [field: string, source: string])[];
}

/** The pipeline's file: short, every section with the words that its reader needs. */
export function pipelineText(file: string, facts: PipelineFacts): string {
  const { name, topic } = facts;
  return `# Made by \`tidemark init\`; yours to change. \`tidemark schema --keys\` explains every key.
#
#   tidemark check -c ${file} --live      prove that file, model, schemas, broker and registry fit together
#   tidemark topics -c ${file} --apply    make the topics and subjects it needs
#   tidemark run -c ${file}               score until stopped
#
# Paths are relative to the folder that tidemark is started in.

pipeline: ${scalar(name)}

kafka:
  brokers: ${scalar(facts.brokers)}
  group: ${scalar(name)} # its committed offsets are where a restart goes on; a new name starts anew
  # tls: {} # encryption, trusting the system's authorities
  # sasl: { mechanism: scram-sha-512, username: ${scalar(name)}, password: "\${KAFKA_PASSWORD}" }

registry:
  url: ${scalar(facts.registry)}
  # auth: { kind: basic, username: ${scalar(name)}, password: "\${REGISTRY_PASSWORD}" }

input:
  topic: ${scalar(topic)}
  schema: ${scalar(facts.eventSchema)} # what this pipeline is written against; each event is read by its own
${optional('id', facts.id, 'how people recognise an event, in logs and dead letters')}${optional('time', facts.time, 'when it happened; serves latency only')}  start: earliest # for a new group: earliest, latest or a time such as 2026-01-31T08:00:00Z

model:
  package: ${scalar(facts.package)} # it owns the features: order, fill values, ranges, categories
${placesText(facts.places)}
# To turn the score into a word, add a field of type string to the output schema, with source \`decision\`:
# decision:
#   on: score
#   rules:
#     - { at_least: 0.5, is: high }
#     - { is: low }

output:
  topic: ${scalar(`${topic}.scored`)}
  schema: ${scalar(facts.outputSchema)}
  partitioner: key # as Java producers do: scored events of one key stay in order
  fields: # each field of the output schema and where it comes from
${facts.outputFields.map(([field, source]) => `    ${scalar(field)}: ${scalar(source)}\n`).join('')}
dead_letter:
  topic: ${scalar(`${topic}.dead-letter`)} # events that cannot be read or scored, untouched, with the reason in headers
`;
}

function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

function optional(key: string, value: string | undefined, comment: string): string {
  return value === undefined ? '' : `  ${key}: ${scalar(value)} # ${comment}\n`;
}

function placesText(places: PipelineFacts['places']): string {
  if (places.length === 0) return '';
  const lines = places.map(([feature, place]) => `  ${scalar(feature)}: ${scalar(formatPath(place))}\n`);
  return `\nfeatures: # where in the event a feature is that is not the field of its own name\n${lines.join('')}`;
}
