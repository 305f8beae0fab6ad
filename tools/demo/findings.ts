import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { Truth } from './produce.ts';

/** A scored event as its reader sees it, in the shape of schemas/scored-transaction.avsc. */
export interface ScoredTransaction {
  readonly transaction_id: string;
  readonly customer_id: string;
  readonly terminal_id: string;
  readonly amount: number;
  readonly event_time: number;
  readonly score: number;
  readonly decision: Decision;
  readonly model_version: string;
  readonly scored_at: number;
}

export const decisions = ['block', 'review', 'allow'] as const;
export type Decision = (typeof decisions)[number];

export interface Example {
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: ScoredTransaction;
}

/** What the scored events say, held against what the simulator knows. */
export class Findings {
  readonly events: Record<Decision, number> = { block: 0, review: 0, allow: 0 };
  /** Of those events, how many are frauds in truth. */
  readonly frauds: Record<Decision, number> = { block: 0, review: 0, allow: 0 };
  /** Scored events beyond the first of a transaction. */
  repeated = 0;
  /** Scored events of transactions that were never produced. */
  strange = 0;
  /** The first fraud that is blocked, or else the first event. */
  example: Example | undefined;
  readonly #truth: Truth;
  readonly #seen = new Set<string>();

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  add(value: ScoredTransaction, describe: () => Omit<Example, 'value'>): void {
    const scenario = this.#truth.get(value.transaction_id);
    if (scenario === undefined) {
      this.strange++;
      return;
    }
    if (this.#seen.has(value.transaction_id)) {
      this.repeated++;
      return;
    }
    this.#seen.add(value.transaction_id);
    const fraud = scenario !== 'none';
    this.events[value.decision]++;
    if (fraud) this.frauds[value.decision]++;
    const telling = fraud && value.decision === 'block' && this.frauds.block === 1;
    if (this.example === undefined || telling) this.example = { ...describe(), value };
  }

  /** Transactions that have a scored event. */
  get scored(): number {
    return this.#seen.size;
  }

  /** Transactions without a scored event. */
  get missing(): number {
    return this.#truth.size - this.#seen.size;
  }
}

/** Gives a function that decodes scored records with the schemas of the registry and adds them to the findings. */
export function recordReader(
  registryUrl: string,
  findings: Findings,
): (message: KafkaMessage, partition: number) => Promise<void> {
  const registry = new SchemaRegistry({ host: registryUrl });
  return async (message, partition) => {
    const value: ScoredTransaction = await registry.decode(message.value!);
    findings.add(value, () => ({
      partition,
      offset: message.offset,
      key: String(message.key),
      headers: textHeaders(message.headers ?? {}),
    }));
  };
}

function textHeaders(headers: IHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
