import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { Example } from './summary.ts';
import type { World } from './worlds/world.ts';

/** Keeps one scored event to show: the first that is flagged, or else the first. */
export class ExampleKeeper {
  readonly #world: World;
  #kept: { readonly example: Example; readonly flagged: boolean } | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get example(): Example | null {
    return this.#kept?.example ?? null;
  }

  consider(value: Readonly<Record<string, unknown>>, topicPartition: string, message: KafkaMessage): void {
    if (this.#kept?.flagged === true) return;
    const { flagged } = this.#world.readScored(value);
    if (this.#kept !== undefined && !flagged) return;
    const place = `${topicPartition}@${message.offset}, key ${message.key}`;
    this.#kept = { example: { place, headers: textOf(message.headers ?? {}), value }, flagged };
  }
}

function textOf(headers: IHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
