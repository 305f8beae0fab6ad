import { type Check, configDenied, fail, ok, type Verdict, warn } from '../verdict.ts';
import type { Role } from '../world.ts';

export const compaction: Check = {
  id: 'compaction',
  title: 'no topic is compacted whose every record counts, and the one of commands is',
  needs: ['kafka'],
  async ask(world) {
    const verdicts: Verdict[] = [];
    const kept: string[] = [];
    for (const role of world.roles) {
      if ((await world.topicThere(role)) === undefined) continue;
      const name = world.nameOf(role);
      const config = await world.topicConfig(role);
      const policy = config?.get('cleanup.policy');
      if (policy === undefined) verdicts.push(configDenied(name));
      else if (role === 'control' ? policy === 'compact' : !policy.includes('compact'))
        kept.push(`${name} ${policy}`);
      else verdicts.push(wrong(role, name, policy));
    }
    if (kept.length > 0) verdicts.unshift(ok(`cleanup.policy: ${kept.join(', ')}`));
    return verdicts;
  },
};

function wrong(role: Role, name: string, policy: string): Verdict {
  const evidence = `cleanup.policy of ${name} is ${policy}`;
  switch (role) {
    case 'input':
      return warn(
        `${evidence}: of events with the same key only the last one stays, so what is not read soon is never scored`,
        'Set cleanup.policy=delete, unless only the latest event of a key is to be scored.',
      );
    case 'output':
      return fail(
        `${evidence}: of scored events with the same key only the last one stays, and those without a key are refused`,
        `Set cleanup.policy=delete for ${name}; make a table of it downstream where one is wanted.`,
      );
    case 'dead_letter':
      return fail(
        `${evidence}: dead letters with the same key replace each other, and one without a key is refused and stops the process (E-DEAD-LETTER-REFUSED)`,
        `Set cleanup.policy=delete for ${name}.`,
      );
    case 'control':
      return fail(
        `${evidence}: what the group was told last is deleted with time, and a process that starts later scores though it was paused`,
        `Set cleanup.policy=compact for ${name}.`,
      );
    case 'audit':
      return fail(
        `${evidence}: of all that was asked of a group only the last word stays`,
        `Set cleanup.policy=delete for ${name}, and retention.ms to as long as you have to know who did what.`,
      );
    default:
      return role satisfies never;
  }
}
