import { type Check, fail, ok, warn } from '../verdict.ts';

export const parts: Check = {
  id: 'parts',
  title: 'configuration, schemas and model fit together',
  needs: [],
  async ask(world) {
    const { faults, warnings } = (await world.parts()).found;
    const more = `\`tidemark check -c ${world.file}\` shows each with its place.`;
    if (faults.length > 0)
      return faults.map(({ where, problem, expected }) =>
        fail(`${where}: ${problem}`, `Expected: ${expected}. ${more}`),
      );
    return [
      ok(`${world.file}, its schemas and its model package hold together`),
      ...warnings.map((warning) => warn(warning, more)),
    ];
  },
};
