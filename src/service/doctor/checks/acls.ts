import type { Operation } from '../../../kafka/inspect/operations.ts';
import { type Check, fail, ok, skipped, type Verdict, warn } from '../verdict.ts';
import type { Role, World } from '../world.ts';

/** What a pipeline does to each; brokers say what its principal may, so that nothing has to be tried. */
const NEEDED: readonly (readonly [Role, readonly Operation[]])[] = [
  ['input', ['Describe', 'Read']],
  ['output', ['Describe', 'Write']],
  ['dead_letter', ['Describe', 'Write']],
  ['control', ['Describe', 'Read']],
  ['audit', ['Describe', 'Write']],
];
const OF_GROUP: readonly Operation[] = ['Read'];

export const acls: Check = {
  id: 'acls',
  title: 'the principal may do what the pipeline does',
  needs: ['kafka'],
  async ask(world) {
    const verdicts: Verdict[] = [];
    const granted: string[] = [];
    for (const [role, operations] of NEEDED) {
      if (!world.roles.includes(role)) continue;
      const name = world.nameOf(role);
      const facts = await world.topic(role);
      if (facts.kind === 'missing')
        verdicts.push(skipped(`topic ${name} does not exist, and has no rights yet`));
      else if (facts.kind === 'denied')
        verdicts.push(lacking(world, 'topic', name, operations, facts.error.message));
      else judge(verdicts, granted, world, 'topic', name, operations, facts.operations);
    }
    const { group } = world.config.kafka;
    try {
      const facts = await world.group();
      judge(verdicts, granted, world, 'group', group, OF_GROUP, facts.operations);
    } catch (cause) {
      if ((cause as { code?: unknown }).code !== 'E-KAFKA-ACL') throw cause;
      verdicts.push(lacking(world, 'group', group, [...OF_GROUP, 'Describe'], (cause as Error).message));
    }
    if (granted.length > 0) verdicts.unshift(ok(granted.join('; ')));
    return verdicts;
  },
};

function judge(
  verdicts: Verdict[],
  granted: string[],
  world: World,
  kind: 'topic' | 'group',
  name: string,
  needed: readonly Operation[],
  operations: ReadonlySet<Operation> | undefined,
): void {
  if (operations === undefined) {
    verdicts.push(
      warn(
        `brokers do not say what may be done to ${kind} ${name}`,
        `Look at its ACLs: ${needed.join(' and ')} are needed.`,
      ),
    );
    return;
  }
  const missing = needed.filter((operation) => !operations.has(operation) && !operations.has('All'));
  if (missing.length === 0) granted.push(`${needed.join(', ')} on ${kind} ${name}`);
  else {
    const may = [...operations].join(', ') || 'nothing';
    verdicts.push(lacking(world, kind, name, missing, `of ${kind} ${name} it may ${may}`));
  }
}

function lacking(
  world: World,
  kind: 'topic' | 'group',
  name: string,
  missing: readonly Operation[],
  why: string,
): Verdict {
  const { sasl, brokers } = world.config.kafka;
  const principal = sasl !== undefined && 'username' in sasl ? `User:${sasl.username}` : 'User:NAME';
  const operations = missing.map((operation) => `--operation ${operation}`).join(' ');
  return fail(
    `${missing.join(' and ')} on ${kind} ${name} is not allowed: ${why}`,
    `kafka-acls.sh --bootstrap-server ${brokers[0]} --add --allow-principal ${principal} ${operations} --${kind} ${name}`,
  );
}
