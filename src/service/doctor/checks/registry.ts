import { span } from '../../words.ts';
import { type Check, ok, warn } from '../verdict.ts';

export const registry: Check = {
  id: 'registry',
  title: 'the schema registry answers, with the credentials of the file',
  needs: ['registry'],
  async ask({ registry, config }) {
    const startMs = performance.now();
    await registry.idOf(config.output.subject, '"null"');
    const ms = performance.now() - startMs;
    const evidence = `${config.registry.url} answers in ${span(ms)}`;
    // A request that takes longer than this is tried again, and no event with a new schema is scored meanwhile.
    if (ms < config.registry.timeoutMs / 2) return [ok(evidence)];
    return [
      warn(
        `${evidence}; registry.timeout is ${span(config.registry.timeoutMs)}`,
        'Raise registry.timeout, or look at the registry.',
      ),
    ];
  },
};
