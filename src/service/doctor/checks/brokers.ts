import type { Reach } from '../../../kafka/inspect/inspector.ts';
import { counted, list, span } from '../../words.ts';
import { type Check, fail, ok, type Verdict, warn } from '../verdict.ts';

/** A round trip that makes every commit and every acknowledgement slow. */
const SLOW_MS = 1_000;

export const brokers: Check = {
  id: 'brokers',
  title: 'brokers answer, with the credentials of the file',
  needs: [],
  async ask({ cluster }) {
    const given = await cluster.given();
    const lost = given.filter(({ error }) => error !== undefined);
    if (lost.length === given.length) {
      const [first] = lost;
      return [fail(told(lost), first!.error!.action)];
    }
    const verdicts: Verdict[] = lost.map((reach) =>
      warn(
        `${reach.address} of kafka.brokers does not answer: ${reach.error!.message}`,
        'Take it out of kafka.brokers, or bring it back: a start that finds only it fails.',
      ),
    );
    const all = await cluster.advertised();
    for (const reach of all) if (reach.error !== undefined) verdicts.push(unreached(reach));
    const reached = all.filter(({ error }) => error === undefined);
    const slowest = Math.max(0, ...reached.map(({ ms }) => ms!));
    const evidence = `${reached.length} of ${counted(all.length, 'broker')} answered, the slowest in ${span(slowest)}`;
    if (slowest < SLOW_MS) verdicts.unshift(ok(evidence));
    else
      verdicts.unshift(
        warn(
          `${evidence}, to connect and introduce ourselves`,
          'Look at the network and at the load of the brokers.',
        ),
      );
    return verdicts;
  },
};

function unreached({ address, nodeId, error }: Reach): Verdict {
  return fail(
    `broker ${nodeId} tells clients to reach it at ${address}, where it does not answer: ${error!.message}`,
    error!.disposition === 'retry'
      ? 'Bring the broker back; if it runs, correct its advertised.listeners or the network between here and there.'
      : error!.action,
  );
}

function told(lost: readonly Reach[]): string {
  const reasons = [...new Set(lost.map(({ error }) => error!.message))];
  const where = list(lost.map(({ address }) => address));
  return `none of kafka.brokers (${where}) answers: ${list(reasons)}`;
}
