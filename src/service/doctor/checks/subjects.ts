import { proveEventSubject, proveOutputSubject } from '../../live.ts';
import { ofFindings } from '../findings.ts';
import { type Check, skipped } from '../verdict.ts';

export const subjects: Check = {
  id: 'subjects',
  title: 'the registry has the subjects, and their schemas serve',
  needs: ['registry'],
  async ask(world) {
    const { config, registry } = world;
    const { proof, outputSchema } = await world.parts();
    const verdicts = await ofFindings(async (found) => proveEventSubject(config, registry, proof, found));
    if (outputSchema === undefined)
      return [...verdicts, skipped(`the output schema cannot be read from ${config.output.schema}`)];
    return [
      ...verdicts,
      ...(await ofFindings(async (found) => proveOutputSubject(config, registry, outputSchema, found))),
    ];
  },
};
