import { TidemarkError } from '../../errors.ts';

/** What `tidemark init` was asked, as far as it was. */
export interface InitRequest {
  /** `host:port`, with commas between. */
  readonly brokers?: string;
  /** Base URL of the registry. */
  readonly registry?: string;
  readonly topic?: string;
  /** Where the events' schema is registered. Default: TOPIC-value. */
  readonly subject?: string;
  /** A file with the events' schema, instead of the registry's. */
  readonly schema?: string;
  /** The ONNX file. */
  readonly model?: string;
  /** Of pipeline and model. Default: the name of the ONNX file. */
  readonly name?: string;
  readonly version: string;
  /** `TENSOR` or `TENSOR:COLUMN`. */
  readonly score?: string;
  /** Further outputs, `NAME=TENSOR[:COLUMN]`. */
  readonly outputs: readonly string[];
  /** `a,b,c` or a YAML file, as `model pack` takes it. */
  readonly features?: string;
  /** Where in the event features are, by name. */
  readonly places: Readonly<Record<string, string>>;
  readonly golden?: string;
  readonly tolerance?: string;
  readonly fixedRows?: string;
  /** Folder that everything goes into. Default: the name. */
  readonly out?: string;
  /** Ask neither broker nor registry. */
  readonly offline: boolean;
  /** Take what is likely but not certain. */
  readonly yes: boolean;
  readonly force: boolean;
}

/** Something that has to be given, since it cannot be known. */
export interface Question {
  /** The flag that answers it, with a part to fill in: `--place side=PLACE`. */
  readonly flag: string;
  /** For a place: the feature it is of. */
  readonly feature?: string;
  /** What a person is asked; `fix` says it where this is absent. */
  readonly title?: string;
  /** What is not known, and why. */
  readonly problem: string;
  /** What to write. */
  readonly fix: string;
  /** What it may be, the likeliest first. */
  readonly options: readonly string[];
  /** Likely enough to be taken with --yes: the first of the options. */
  readonly likely: boolean;
}

/** Everything that has to be given, as one error. */
export function questionsError(questions: readonly Question[]): TidemarkError {
  const lines = questions.map(({ problem, fix }) => `\n  ${problem}: ${fix}`).join('');
  const likely = questions.some((question) => question.likely);
  const all = questions.every((question) => question.likely);
  const shortcut = likely
    ? `\n  ${all ? '--yes takes all of these' : '--yes takes those that are likely'}`
    : '';
  return new TidemarkError('E-USAGE', `nothing was written, for this cannot be known:${lines}${shortcut}`);
}

/** Answers a question. */
export function answered(request: InitRequest, { flag, feature }: Question, answer: string): InitRequest {
  if (feature !== undefined) return { ...request, places: { ...request.places, [feature]: answer } };
  const key = flag.replace(/^--/, '').replace(/ .*/, '') as 'brokers';
  return { ...request, [key]: answer };
}

/** What is missing before anything can be looked at. */
export function missingOf(request: InitRequest): Question[] {
  const needed = [
    ['model', 'The ONNX file:', 'the model’s file is not known', 'give --model FILE.onnx', []],
    ['topic', 'The topic of the events:', 'the topic of the events is not known', 'give --topic NAME', []],
    [
      'brokers',
      'Kafka brokers, host:port:',
      'the Kafka brokers are not known',
      'give --brokers HOST:PORT',
      ['localhost:9092'],
    ],
    [
      'registry',
      'The schema registry’s URL:',
      'the schema registry is not known',
      'give --registry URL',
      ['http://localhost:8081'],
    ],
  ] as const;
  const missing = needed.filter(([key]) => request[key] === undefined);
  const questions = missing.map(([key, title, problem, fix, options]) => {
    return { flag: `--${key}`, title, problem, fix, options, likely: false };
  });
  if (!request.offline || request.schema !== undefined) return questions;
  const problem = 'without asking the registry the events’ schema is not known';
  return [
    ...questions,
    {
      flag: '--schema',
      title: 'The file of the events’ schema:',
      problem,
      fix: 'give --schema FILE.avsc',
      options: [],
      likely: false,
    },
  ];
}
