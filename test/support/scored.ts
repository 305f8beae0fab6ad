/** What a service downstream sees: scored events decoded by the schema their frame names, and duplicates told by their source. */
import avro from 'avsc';
import { type ReadRecord, readAll, sharedStack } from './stack.ts';

export interface ScoredEvent {
  readonly record: ReadRecord;
  readonly schemaId: number;
  readonly value: Readonly<Record<string, unknown>>;
  /** From the header `source`. */
  readonly source: Source;
}

export interface Source {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

function sourceOf(record: ReadRecord): Source {
  const match = /^(.+)\/(\d+)@(\d+)$/.exec(record.headers.source ?? '');
  if (match === null) throw new Error(`not a source: ${record.headers.source}`);
  return { topic: match[1]!, partition: Number(match[2]), offset: Number(match[3]) };
}

export async function readScored(
  topic: string,
  stack: { brokers?: readonly string[]; registryUrl?: string } = {},
): Promise<ScoredEvent[]> {
  const records = await readAll(topic, stack.brokers === undefined ? {} : { brokers: stack.brokers });
  const registryUrl = stack.registryUrl ?? (await sharedStack()).registryUrl;
  const types = new Map<number, avro.Type>();
  const events: ScoredEvent[] = [];
  for (const record of records) {
    const value = record.value;
    if (value === null || value[0] !== 0) throw new Error(`not framed: ${value?.toString('hex')}`);
    const schemaId = value.readInt32BE(1);
    const type = types.get(schemaId) ?? (await fetchType(registryUrl, schemaId));
    types.set(schemaId, type);
    events.push({ record, schemaId, value: type.fromBuffer(value.subarray(5)), source: sourceOf(record) });
  }
  return events;
}

async function fetchType(registryUrl: string, schemaId: number): Promise<avro.Type> {
  const response = await fetch(`${registryUrl}/schemas/ids/${schemaId}`);
  const { schema } = (await response.json()) as { schema: string };
  return avro.Type.forSchema(JSON.parse(schema));
}

const keyOf = ({ partition, offset }: Source) => `${partition}@${offset}`;

/** How often each source occurs, `partition@offset`. */
export function copiesBySource(events: readonly Pick<ScoredEvent, 'source'>[]): Map<string, number> {
  const copies = new Map<string, number>();
  for (const { source } of events) copies.set(keyOf(source), (copies.get(keyOf(source)) ?? 0) + 1);
  return copies;
}

/** Drops duplicates as docs/downstream.md says: what is not above the highest source offset seen of its partition. */
export function withoutDuplicates(events: readonly ScoredEvent[]): ScoredEvent[] {
  // Partition by partition of the output: a reader sees no order between them.
  const seen = new Map<string, number>();
  return events.filter(({ source, record }) => {
    const place = `${record.partition}<${source.partition}`;
    if (source.offset <= (seen.get(place) ?? -1)) return false;
    seen.set(place, source.offset);
    return true;
  });
}
