import { proveTopic } from '../../live.ts';
import { partitionsOf } from '../../words.ts';
import { ofFindings } from '../findings.ts';
import { type Check, fail, type Verdict, warn } from '../verdict.ts';
import type { Role } from '../world.ts';

/** The key that names it. */
const KEYS: Readonly<Record<Role, string>> = {
  input: 'input.topic',
  output: 'output.topic',
  dead_letter: 'dead_letter.topic',
  control: 'control.topic',
  audit: 'control.audit_topic',
};

export const topics: Check = {
  id: 'topics',
  title: 'the topics exist and every partition has a leader',
  needs: ['kafka'],
  async ask(world) {
    const verdicts: Verdict[] = [];
    for (const role of world.roles) {
      const facts = await world.topic(role);
      if (facts.kind === 'denied') {
        verdicts.push(
          fail(`${facts.error.message}`, `${facts.error.action} Brokers do not even say whether it exists.`),
        );
        continue;
      }
      const partitions = facts.kind === 'there' ? facts.partitions : undefined;
      verdicts.push(
        ...(await ofFindings(async (found) => proveTopic(KEYS[role], facts.name, partitions?.length, found))),
      );
      const headless = (partitions ?? []).filter(({ leader }) => leader === undefined);
      if (headless.length > 0)
        verdicts.push(
          fail(
            `${partitionsOf(headless.map(({ partition }) => partition))} of ${facts.name} ${headless.length === 1 ? 'has' : 'have'} no leader: nothing can be read or written there`,
            'Bring back the brokers that hold its replicas.',
          ),
        );
      const behind = (partitions ?? []).filter(({ replicas, inSync }) => inSync.length < replicas.length);
      if (behind.length > 0)
        verdicts.push(
          warn(
            `${partitionsOf(behind.map(({ partition }) => partition))} of ${facts.name}: not all replicas are in sync`,
            'Bring back the broker that is missing, or wait until it has caught up.',
          ),
        );
    }
    return verdicts;
  },
};
