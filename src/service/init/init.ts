import { type AskedRequest, gatherFacts, type InitFacts, nameOf } from './facts.ts';
import { type Proposal, propose } from './proposal.ts';
import { answered, type InitRequest, missingOf, type Question, questionsError } from './request.ts';
import { refuseTaken, type Written, writeProposal } from './write.ts';

/** Whom init talks to. */
export interface InitDialogue {
  /** Asks somebody; absent where nobody is there, and then what is not known is an error that names the flag. */
  readonly ask?: (question: Question) => Promise<string>;
  /** Shows what will be written. False: it shall not be. */
  confirmed(proposal: Proposal, facts: InitFacts): Promise<boolean>;
}

export interface Initialised {
  readonly proposal: Proposal;
  readonly facts: InitFacts;
  readonly written: Written;
}

/**
 * Makes a pipeline of a model and a topic: looks at both, proposes, asks what it cannot know, writes. Undefined when it was not
 * confirmed. Throws a TidemarkError whose message says what to do; then nothing was written.
 */
export async function initPipeline(
  asked: InitRequest,
  dialogue: InitDialogue,
): Promise<Initialised | undefined> {
  let request = await completed(asked, dialogue);
  const facts = await gatherFacts(request);
  // Better known before anybody answers questions.
  refuseTaken(request.out ?? nameOf(request), request.force);
  for (;;) {
    const proposed = await propose(request, facts);
    if (proposed.kind === 'proposal') {
      const { proposal } = proposed;
      if (!(await dialogue.confirmed(proposal, facts))) return undefined;
      return { proposal, facts, written: await writeProposal(request, facts, proposal) };
    }
    const [question] = proposed.questions;
    if (dialogue.ask === undefined || !isAskable(question!)) throw questionsError(proposed.questions);
    request = answered(request, question!, await dialogue.ask(question!)) as AskedRequest;
  }
}

async function completed(asked: InitRequest, { ask }: InitDialogue): Promise<AskedRequest> {
  let request = asked;
  for (let [question, ...more] = missingOf(request); question !== undefined; ) {
    if (ask === undefined) throw questionsError([question, ...more]);
    request = answered(request, question, await ask(question));
    [question, ...more] = missingOf(request);
  }
  return request as AskedRequest;
}

/** What is wrong on the command line itself is not mended by an answer. */
function isAskable({ flag, feature }: Question): boolean {
  return feature !== undefined || flag === '--score' || flag === '--features';
}
