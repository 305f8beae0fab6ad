import type { InitDialogue } from '../service/init/init.ts';
import type { InitRequest, Question } from '../service/init/request.ts';
import { proposalText } from './initText.ts';
import { paint } from './output.ts';
import { isInteractive } from './prompts.ts';

/** Asks in a terminal; elsewhere, and for JSON, nobody is asked. */
export function dialogueOf({ yes }: InitRequest, { json }: { json: boolean }): InitDialogue {
  if (json || !isInteractive()) return { confirmed: async () => true };
  return {
    ask,
    async confirmed(proposal, facts) {
      if (yes) return true;
      process.stdout.write(`\n${proposalText(proposal, facts)}\n`);
      const { confirm } = await import('@inquirer/prompts');
      return confirm({ message: `Write this to ${proposal.out}?` });
    },
  };
}

const OTHER = 'something else';

async function ask({ title, problem, fix, options, feature }: Question): Promise<string> {
  // Loaded here: only who is asked needs it.
  const { input, select } = await import('@inquirer/prompts');
  const message = feature === undefined ? (title ?? sentence(fix)) : `Where in the event is ${feature}?`;
  const write = (first?: string) =>
    input({
      message,
      ...(first === undefined ? {} : { default: first }),
      validate: (text) => text.trim() !== '' || 'Something has to be given here.',
    }).then((text) => text.trim());
  // Of what is just not given there is no more to say.
  if (!/(is|are) not known$/.test(problem))
    process.stdout.write(`${paint('dim', `${sentence(problem)}.`, process.stdout)}\n`);
  const [first] = options;
  if (first === undefined || (feature === undefined && options.length === 1)) return write(first);
  const chosen = await select({
    message,
    choices: [...options, OTHER].map((value) => ({ value })),
  });
  return chosen === OTHER ? write() : chosen;
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`;
}
