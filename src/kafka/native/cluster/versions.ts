import { apiVersionsV0, apiVersionsV3, type Connection, protocolAPIsById } from '@platformatic/kafka';
import { faultFrom, KafkaFault } from './fault.ts';
import type { Wire } from './wire.ts';

/** What brokers count and log per client (KIP-511); the version is that of this client, not of the whole program. */
const SOFTWARE = { name: 'tidemark-native', version: '1' } as const;

/** `Fetch`, `JoinGroup`: the API's name in the protocol. */
export function apiName(apiKey: number): string {
  return protocolAPIsById[apiKey] ?? `API ${apiKey}`;
}

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** Which versions of each API one broker speaks. Asked on every connection: the broker behind an address may have been upgraded. */
export class ApiVersions {
  readonly #ranges: ReadonlyMap<number, VersionRange>;
  readonly #broker: string;

  constructor(ranges: ReadonlyMap<number, VersionRange>, broker: string) {
    this.#ranges = ranges;
    this.#broker = broker;
  }

  /** The highest version that the broker and [min, max] of the client share; throws UNSUPPORTED_VERSION. */
  pick(apiKey: number, min: number, max: number): number {
    const offered = this.#ranges.get(apiKey);
    const version = Math.min(max, offered?.max ?? -1);
    if (offered !== undefined && version >= Math.max(min, offered.min)) return version;
    const there = offered === undefined ? 'not at all' : `in versions ${offered.min} to ${offered.max}`;
    throw new KafkaFault(
      'UNSUPPORTED_VERSION',
      `${this.#broker} speaks ${apiName(apiKey)} ${there}; this client needs one of ${min} to ${max}`,
    );
  }
}

/**
 * Asks for the versions, saying who we are (KIP-511). A broker older than version 3 answers with UNSUPPORTED_VERSION in
 * the layout of version 0, and is asked again in that.
 */
export async function askApiVersions(wire: Wire): Promise<ApiVersions> {
  const { apiKeys } = await ask(wire, apiVersionsV3.api).catch((fault: KafkaFault) => {
    if (fault.type !== 'UNSUPPORTED_VERSION') throw fault;
    return ask(wire, apiVersionsV0.api);
  });
  const ranges = apiKeys.map(
    ({ apiKey, minVersion: min, maxVersion: max }) => [apiKey, { min, max }] as const,
  );
  return new ApiVersions(new Map(ranges), wire.broker);
}

interface ApiVersionsAnswer {
  readonly apiKeys: readonly { apiKey: number; minVersion: number; maxVersion: number }[];
}

type Ask = (
  connection: Connection,
  software: string,
  version: string,
  answered: (error: Error | null, answer?: ApiVersionsAnswer) => void,
) => void;

function ask(wire: Wire, api: Ask): Promise<ApiVersionsAnswer> {
  return new Promise((resolve, reject) => {
    api(wire.connection, SOFTWARE.name, SOFTWARE.version, (error, answer) => {
      if (answer !== undefined && error === null) resolve(answer);
      else reject(faultFrom(error, `ApiVersions to ${wire.broker}`));
    });
  });
}
