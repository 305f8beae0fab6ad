/** Who takes part: Tidemark and the peers, and how each is made ready and started. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findJava } from '../../tools/stack/artifacts.ts';
import type { BenchPipeline } from './ground.ts';
import type { Job } from './job.ts';
import { type Command, measuredNode, run } from './process.ts';

export const PEER_NAMES = ['java', 'streams', 'python', 'kafkajs'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

export interface Contestant {
  readonly name: 'tidemark' | PeerName;
  readonly title: string;
  command(job: Job, pipeline: BenchPipeline): Command;
}

/** What `buildTidemark` makes. */
export const TIDEMARK = 'dist/cli/main.js';

export const tidemark: Contestant = {
  name: 'tidemark',
  title: 'Tidemark',
  command: (_job, { file }) => measuredNode([TIDEMARK, 'run', '-c', file, '--until-end']),
};

/** Users run what is built: without it, the code would be freed of its types at each start. */
export async function buildTidemark(signal: AbortSignal): Promise<void> {
  await run({ file: process.execPath, args: ['tools/build.ts'] }, {}, signal);
}

/** A peer that can run here, or in a sentence why not. */
export async function readyPeer(
  name: PeerName,
  options: { signal: AbortSignal; onProgress: (line: string) => void },
): Promise<Contestant | string> {
  try {
    return await MAKERS[name](options);
  } catch (error) {
    options.signal.throwIfAborted();
    return (error as Error).message.trim().split('\n')[0]!;
  }
}

interface Making {
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

const MAKERS: Record<PeerName, (making: Making) => Promise<Contestant>> = {
  java: (making) => javaPeer('java', 'plain Java consumer + ONNX Runtime', 'PlainConsumer', making),
  streams: (making) => javaPeer('streams', 'Kafka Streams + ONNX Runtime', 'StreamsApplication', making),
  python: pythonPeer,
  kafkajs: async () => ({
    name: 'kafkajs',
    title: 'kafkajs + avsc',
    command: (job) => measuredNode(['bench/peers/kafkajs.ts', JSON.stringify(job)]),
  }),
};

const JAVA = 'bench/peers/java';
/** On one core the JVM chooses its serial collector by itself; the heap is what the work needs, so that memory compares. */
const JAVA_FLAGS = ['-Xms256m', '-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

async function javaPeer(
  name: 'java' | 'streams',
  title: string,
  main: string,
  { signal, onProgress }: Making,
): Promise<Contestant> {
  const java = await findJava(process.env);
  await whenChanged(
    join(JAVA, 'target'),
    [`${JAVA}/pom.xml`, ...globSync(`${JAVA}/src/**/*.java`), ...globSync('schemas/*.avsc')],
    async () => {
      onProgress('Building the Java peers with Maven; the first time it fetches some 200 MB ...');
      await run({ file: 'mvn', args: ['-q', '-B', '-f', `${JAVA}/pom.xml`, 'package'] }, {}, signal);
    },
  );
  const classPath = [`${JAVA}/target/classes`, `${JAVA}/target/lib/*`].join(':');
  return {
    name,
    title,
    command: (job) => ({
      file: java,
      args: [...JAVA_FLAGS, '-cp', classPath, `tidemark.bench.${main}`, JSON.stringify(job)],
    }),
  };
}

const PYTHON = 'bench/peers/python';

async function pythonPeer({ signal, onProgress }: Making): Promise<Contestant> {
  const environment = join(PYTHON, '.venv');
  await whenChanged(environment, [`${PYTHON}/requirements.txt`], async () => {
    onProgress('Installing what the Python peer needs, some 100 MB, once ...');
    await run({ file: 'python3', args: ['-m', 'venv', environment] }, {}, signal);
    const install = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
    const requirements = ['-r', `${PYTHON}/requirements.txt`];
    await run({ file: join(environment, 'bin', 'python'), args: [...install, ...requirements] }, {}, signal);
  });
  return {
    name: 'python',
    title: 'Python: confluent-kafka + fastavro + ONNX Runtime',
    command: (job) => ({
      file: join(environment, 'bin', 'python'),
      args: [`${PYTHON}/peer.py`, JSON.stringify(job)],
    }),
  };
}

/** Makes `folder` anew unless it was made of the same files; the mark is written last. */
async function whenChanged(
  folder: string,
  files: readonly string[],
  make: () => Promise<void>,
): Promise<void> {
  const digest = createHash('sha256');
  for (const file of [...files].sort()) digest.update(readFileSync(file));
  const mark = join(folder, 'made-of');
  const madeOf = digest.digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === madeOf) return;
  rmSync(folder, { recursive: true, force: true });
  await make();
  writeFileSync(mark, madeOf);
}
