import { logPlaces } from '../../../kafka/inspect/logs.ts';
import type { ThereTopic } from '../../../kafka/inspect/topics.ts';
import {
  type KnownTransaction,
  type OpenTransaction,
  openTransactions,
  transactionsOf,
} from '../../../kafka/inspect/transactions.ts';
import { counted, span } from '../../words.ts';
import { type Check, fail, ok, type Verdict, warn } from '../verdict.ts';
import type { World } from '../world.ts';

/** Coordinators look for transactions that are over their time every ten seconds by default. */
const ABORT_SLACK_MS = 30_000;
/** Shorter ones are how transactions work. */
const NOTICED_MS = 5_000;
/** Kafka's default; a longer one lets a producer that is gone hold readers back for longer. */
const USUAL_MAX_TIMEOUT_MS = 900_000;

export const transactions: Check = {
  id: 'transactions',
  title: 'no open transaction holds back what is to be read',
  needs: ['kafka'],
  async ask(world) {
    const topic = await world.topicThere('input');
    if (topic === undefined) return [];
    if (world.config.kafka.isolation === 'read_uncommitted')
      return [ok('kafka.isolation is read_uncommitted: no transaction holds anything back')];
    const open = await openTransactions(world.cluster, topic.name, topic.partitions);
    const judged = open.length === 0 ? [] : await judge(world, topic, open);
    const short = judged.filter((verdict) => verdict === undefined).length;
    const told = judged.filter((verdict) => verdict !== undefined);
    const none =
      short === 0 ? 'no transaction is open' : `${counted(short, 'transaction')} open for moments only`;
    return [
      ...(told.length === 0 ? [ok(`${none} in ${topic.name}`)] : told),
      ...(await longestTimeout(world)),
    ];
  },
};

async function judge(
  world: World,
  topic: ThereTopic,
  open: readonly OpenTransaction[],
): Promise<(Verdict | undefined)[]> {
  const [known, ends, brokers] = await Promise.all([
    transactionsOf(world.cluster, [...new Set(open.map(({ producerId }) => producerId))]),
    logPlaces(world.cluster, topic.name, topic.partitions, 'end'),
    world.brokerConfig(),
  ]);
  const longestMs = Number(brokers?.get('transaction.max.timeout.ms') ?? USUAL_MAX_TIMEOUT_MS);
  return open.map((transaction) => {
    const { partition, startOffset, producerId } = transaction;
    const held = Math.max(0, (ends.get(partition)?.offset ?? startOffset) - startOffset);
    const place = `${topic.name}/${partition}`;
    const from = `${place}@${startOffset}`;
    const found = known.get(producerId);
    const told = {
      behind: `${counted(held, 'record')} from ${from} on ${held === 1 ? 'waits' : 'wait'} for it`,
      abort: `kafka-transactions.sh --bootstrap-server ${world.config.kafka.brokers[0]} abort --topic ${topic.name} --partition ${partition} --start-offset ${startOffset}`,
    };
    return found?.partitions.has(place)
      ? ofCoordinator(place, found, told)
      : unknown(place, transaction, longestMs, told);
  });
}

interface Told {
  readonly behind: string;
  readonly abort: string;
}

/** One that no coordinator tells of: it hangs for ever (KIP-664), or its transactional id may not be described. */
function unknown(
  place: string,
  { producerId, producerEpoch, lastWriteMs }: OpenTransaction,
  longestMs: number,
  { behind, abort }: Told,
): Verdict | undefined {
  const forMs = Math.max(0, Date.now() - lastWriteMs);
  if (forMs < NOTICED_MS) return undefined;
  const evidence = `a transaction of producer ${producerId}, epoch ${producerEpoch}, is open in ${place}, written last ${span(forMs)} ago; ${behind}`;
  if (forMs > longestMs)
    return fail(
      `${evidence}, for ever: it is older than any transaction may become (${span(longestMs)})`,
      `After making sure that its producer is gone: ${abort}`,
    );
  return warn(
    `${evidence}; no coordinator tells of it: it hangs, or its transactional id may not be described`,
    'Allow Describe on the transactional ids of the producers, to see whose it is and for how long.',
  );
}

/** Undefined for one that is open as long as transactions are. */
function ofCoordinator(
  place: string,
  { transactionalId, timeoutMs, startMs }: KnownTransaction,
  { behind, abort }: Told,
): Verdict | undefined {
  const forMs = Math.max(0, Date.now() - startMs);
  if (forMs < NOTICED_MS) return undefined;
  const evidence = `transaction ${transactionalId} has been open in ${place} for ${span(forMs)}; ${behind}`;
  if (forMs > timeoutMs + ABORT_SLACK_MS)
    return fail(
      `${evidence}, though its timeout was ${span(timeoutMs)}`,
      `Its coordinator does not end it: look at that broker. By force: ${abort}`,
    );
  return warn(
    `${evidence}, for at most ${span(Math.max(0, timeoutMs - forMs))} more`,
    `See why producer ${transactionalId} does not end it; brokers abort it when it has been open for ${span(timeoutMs)}.`,
  );
}

async function longestTimeout(world: World): Promise<Verdict[]> {
  const longest = Number((await world.brokerConfig())?.get('transaction.max.timeout.ms') ?? 0);
  if (longest <= USUAL_MAX_TIMEOUT_MS) return [];
  return [
    warn(
      `transaction.max.timeout.ms of the brokers is ${span(longest)}: a producer that dies in a transaction may hold back ${world.nameOf('input')} for so long`,
      `Lower it towards Kafka’s ${span(USUAL_MAX_TIMEOUT_MS)}.`,
    ),
  ];
}
