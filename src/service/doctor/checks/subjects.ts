import { proveEventSubject, proveOutputSubject } from '../../live.ts';
import { inputSubject } from '../../subjects.ts';
import { ofFindings } from '../findings.ts';
import { type Check, skipped, type Verdict, warn } from '../verdict.ts';
import type { World } from '../world.ts';

export const subjects: Check = {
  id: 'subjects',
  title: 'the registry has the subjects, and their schemas serve',
  needs: ['registry'],
  async ask(world) {
    const { config, registry } = world;
    const { proof, outputSchema } = await world.parts();
    const verdicts = await ofFindings(async (found) => proveEventSubject(config, registry, proof, found));
    if (outputSchema === undefined)
      verdicts.push(skipped(`the output schema cannot be read from ${config.output.schema}`));
    else
      verdicts.push(
        ...(await ofFindings(async (found) => proveOutputSubject(config, registry, outputSchema, found))),
      );
    return [...verdicts, ...(await changes(world))];
  },
};

/** Where anything may be registered, a writer takes a feature away and nobody is told before its events are dead letters. */
async function changes({ config, registry }: World): Promise<Verdict[]> {
  const subject = inputSubject(config);
  // Not every registry says, and not to everybody.
  const level = await registry.compatibilityOf(subject).catch(() => undefined);
  if (level !== 'NONE') return [];
  return [
    warn(
      `compatibility of ${subject} is NONE: a writer may take away or change what a feature is read from`,
      `PUT ${config.registry.url}/config/${subject} with {"compatibility": "FORWARD"}, or FULL.`,
    ),
  ];
}
