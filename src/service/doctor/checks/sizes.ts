import { clientLimits } from '../../client.ts';
import { DEAD_LETTER_ROOM_BYTES } from '../../limits.ts';
import { proveRoom } from '../../live.ts';
import { size } from '../../words.ts';
import { ofFindings } from '../findings.ts';
import { type Check, configDenied, fail, ok, type Verdict, warn } from '../verdict.ts';
import type { Role, World } from '../world.ts';

export const sizes: Check = {
  id: 'sizes',
  title: 'a message of the largest size passes all along the way',
  needs: ['kafka'],
  async ask(world) {
    const { config } = world;
    const [gives, takes, letters, brokers] = await Promise.all([
      largest(world, 'input'),
      largest(world, 'output'),
      largest(world, 'dead_letter'),
      world.brokerConfig(),
    ]);
    const limits = clientLimits(config);
    const verdicts: Verdict[] = [];
    const known = [gives, takes, letters].filter((each) => typeof each === 'object');
    if (known.length > 0)
      verdicts.push(
        ok(`max.message.bytes: ${known.map(({ name, bytes }) => `${name} ${size(bytes)}`).join(', ')}`),
      );
    for (const denied of [gives, takes, letters])
      if (typeof denied === 'string') verdicts.push(configDenied(denied));
    if (typeof gives === 'object') {
      const { readBatchBytes } = limits;
      if (readBatchBytes !== undefined && gives.bytes > readBatchBytes)
        verdicts.push(
          warn(
            `${gives.name} takes batches of ${size(gives.bytes)}; one of more than ${size(readBatchBytes)} stops its partition (E-KAFKA-BATCH-LIMIT)`,
            more(world, 'input', readBatchBytes),
          ),
        );
      if (typeof takes === 'object' && takes.bytes < gives.bytes)
        verdicts.push(
          warn(
            `${takes.name} takes less than ${gives.name} gives (${size(takes.bytes)} against ${size(gives.bytes)}): a scored event that carries much of a large event becomes a dead letter (E-RECORD-TOO-LARGE)`,
            more(world, 'output', gives.bytes),
          ),
        );
      if (typeof letters === 'object') verdicts.push(...(await room(world, gives.bytes, letters.bytes)));
    }
    const request = Number(brokers?.get('socket.request.max.bytes') ?? Number.POSITIVE_INFINITY);
    if (limits.requestBytes !== undefined && request < limits.requestBytes)
      verdicts.push(
        fail(
          `socket.request.max.bytes of the brokers is ${size(request)}; requests here are up to ${size(limits.requestBytes)}, and a larger one costs the connection`,
          `Raise socket.request.max.bytes to ${limits.requestBytes} or more.`,
        ),
      );
    return verdicts;
  },
};

/** The limit of a topic; its name when that may not be read, undefined when there is no such topic. */
async function largest(
  world: World,
  role: Role,
): Promise<{ name: string; bytes: number } | string | undefined> {
  if ((await world.topicThere(role)) === undefined) return undefined;
  const name = world.nameOf(role);
  const value = (await world.topicConfig(role))?.get('max.message.bytes');
  return value === undefined ? name : { name, bytes: Number(value) };
}

/** A dead letter is its event and some headers. */
async function room(world: World, gives: number, takes: number): Promise<Verdict[]> {
  const fix = more(world, 'dead_letter', gives + DEAD_LETTER_ROOM_BYTES);
  const verdicts = await ofFindings((found) => proveRoom(world.config, takes, gives, found), fix);
  // Less than the event itself: then it needs no rare length of headers to go wrong.
  return verdicts.map((verdict) => (takes < gives ? { ...verdict, status: 'fail' as const } : verdict));
}

function more(world: World, role: Role, bytes: number): string {
  return `kafka-configs.sh --bootstrap-server ${world.config.kafka.brokers[0]} --alter --entity-type topics --entity-name ${world.nameOf(role)} --add-config max.message.bytes=${bytes}`;
}
