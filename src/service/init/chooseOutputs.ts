/** Which outputs of the model a pipeline publishes: its score, and what else is one value a row. */

import { nearestWord } from '../../config/nearest.ts';
import type { ModelDescription } from '../../model/describe.ts';
import { chooseScore, declaredColumns, isServed } from '../../model/scoreChoice.ts';
import type { TensorType } from '../../pipeline/ports.ts';
import type { NamedOutput } from './outputSchema.ts';
import type { Question } from './request.ts';

export interface ChosenOutputs {
  /** The score first. */
  readonly outputs: readonly NamedOutput[];
  /** Why this is the score, in words. */
  readonly why: string;
}

const COLUMN = /:(\d{1,9})$/;
const SCORE = 'score';
const MAX_OPTIONS = 20;

/** Chooses by `--score` and `--output` where they are given, else by what only can be meant. */
export function chooseOutputs(
  model: Pick<ModelDescription, 'outputs' | 'notes'>,
  score: string | undefined,
  further: readonly string[],
): ChosenOutputs | Question {
  const served = model.outputs.filter((output) => isServed(output));
  const choice = chooseScore(model.outputs);
  if (choice.kind === 'open' && choice.candidates.length === 0 && score === undefined) {
    const problem = ['no output of the model can be a score', ...model.notes].join('; ');
    return {
      flag: '--model',
      problem,
      fix: 'export it again so that the score is a tensor',
      options: [],
      likely: false,
    };
  }
  if (score === undefined && choice.kind === 'open') return askForScore(choice.candidates);
  const asked =
    score === undefined
      ? undefined
      : tensorOf(
          score,
          served.map(({ name }) => name),
        );
  const { tensor, column } = asked ?? (choice as Extract<typeof choice, { kind: 'clear' }>);
  const why = asked === undefined && choice.kind === 'clear' ? choice.why : 'given';
  const typeOf = (name: string) =>
    served.find((output) => output.name === name)?.type as TensorType | undefined;
  const type = typeOf(tensor);
  if (type === undefined || type === 'string')
    return wrongTensor(
      '--score',
      tensor,
      served.map(({ name }) => name),
    );
  const columns = declaredColumns(served.find(({ name }) => name === tensor)!);
  if (columns !== undefined && columns > 1 && (column === undefined || column >= columns))
    return askForScore([{ tensor, columns }]);
  const outputs: NamedOutput[] = [{ name: SCORE, tensor, column, type }];
  for (const text of further) {
    if (!/^[^=]+=./.test(text)) return notNamed(text);
    const [name, rest] = [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)];
    const given = tensorOf(
      rest,
      served.map((output) => output.name),
    );
    const givenType = typeOf(given.tensor);
    if (givenType === undefined)
      return wrongTensor(
        '--output',
        given.tensor,
        served.map((output) => output.name),
      );
    outputs.push({ name, ...given, type: givenType });
  }
  if (further.length > 0) return { outputs, why };
  return { outputs: [...outputs, ...singles(served, tensor)], why };
}

/** Outputs of one value a row that are not the score, under names that a schema takes. */
function singles(served: ModelDescription['outputs'], score: string): NamedOutput[] {
  const names = new Set([SCORE]);
  return served
    .filter((output) => output.name !== score && declaredColumns(output) === 1)
    .map((output) => {
      const bare = output.name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=[0-9])/, '_');
      let name = bare;
      for (let at = 2; names.has(name); at++) name = `${bare}_${at}`;
      names.add(name);
      return { name, tensor: output.name, type: output.type as TensorType };
    });
}

/** Tensor names may hold colons: only a number after the last one is a column, where no tensor is named so. */
function tensorOf(text: string, names: readonly string[]): { tensor: string; column?: number } {
  const column = COLUMN.exec(text);
  if (names.includes(text) || column === null) return { tensor: text };
  return { tensor: text.slice(0, column.index), column: Number(column[1]) };
}

function askForScore(candidates: readonly { tensor: string; columns: number | undefined }[]): Question {
  const options = candidates.flatMap(({ tensor, columns }) =>
    columns === 1 ? [tensor] : Array.from({ length: columns ?? 2 }, (_, column) => `${tensor}:${column}`),
  );
  const words = candidates.map(({ tensor, columns }) =>
    columns === 1 ? tensor : `${tensor} of ${columns ?? 'an open number of'} columns`,
  );
  return {
    flag: '--score',
    title: 'Which output is the score?',
    problem: `which output is the score is not clear (${words.join(', ')})`,
    fix: `give --score TENSOR:COLUMN, such as --score ${options.at(-1) ?? 'TENSOR'}`,
    options: options.slice(0, MAX_OPTIONS),
    likely: false,
  };
}

function notNamed(text: string): Question {
  const problem = `--output ${text} does not say what it is called`;
  return { flag: '--output', problem, fix: 'give --output NAME=TENSOR[:COLUMN]', options: [], likely: false };
}

function wrongTensor(flag: '--score' | '--output', tensor: string, names: readonly string[]): Question {
  const near = nearestWord(tensor, names);
  const fix = `give one of ${names.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`;
  const problem = `${flag}: the model has no numeric output ${tensor}`;
  return { flag, problem, fix, options: [], likely: false };
}
