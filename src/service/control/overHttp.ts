import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import type { HttpParts } from '../../http/parts.ts';
import type { Resources } from '../resources.ts';
import { requestOf } from './command.ts';
import type { Commands } from './commands.ts';

/** Records of the audit log that are shown. */
const AUDIT_SHOWN = 200;
/** A page that asks again soon waits for it. */
const AUDIT_PATIENCE_MS = 3_000;

/** Commands and their log for whoever asks over HTTP; nothing where the configuration names no topics for them. */
export function controlOverHttp(
  config: PipelineConfig,
  resources: Resources,
): Pick<HttpParts, 'audit' | 'commands'> {
  if (config.control === undefined) return {};
  let opened: Promise<Commands> | undefined;
  // Loaded with the first request: who only scores needs no client to ask a group with.
  const commands = () => {
    opened ??= import('./commands.ts').then(({ openCommands }) => openCommands(config));
    return opened;
  };
  resources.defer(async () => (await opened)?.close());
  return {
    audit: async () => (await commands()).audit(AUDIT_SHOWN, AUDIT_PATIENCE_MS),
    commands: async (sent) => {
      const request = requestOf(sent);
      return (await commands()).request(request);
    },
  };
}
