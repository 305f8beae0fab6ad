/** Who takes part: Tidemark and the peers, and how each is made ready and started. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchPipeline } from './ground.ts';
import type { Job } from './job.ts';
import { answerOf, Missing, prepare } from './needs.ts';
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

/** A peer that can run here, or in a sentence why not and what to install. */
export async function readyPeer(name: PeerName, making: Making): Promise<Contestant | string> {
  try {
    return await MAKERS[name](making);
  } catch (error) {
    making.signal.throwIfAborted();
    if (error instanceof Missing) return error.message;
    throw error;
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
const OLDEST_JAVA = 17;
/** On one core the JVM chooses its serial collector by itself; the heap is what the work needs, so that memory compares. */
const JAVA_FLAGS = ['-Xms256m', '-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

async function javaPeer(
  name: 'java' | 'streams',
  title: string,
  main: string,
  { signal, onProgress }: Making,
): Promise<Contestant> {
  const java = javaProgram();
  await whenChanged(
    join(JAVA, 'target'),
    [`${JAVA}/pom.xml`, ...globSync(`${JAVA}/src/**/*.java`), ...globSync('schemas/*.avsc')],
    async () => {
      if (answerOf('mvn', ['-version']) === undefined) {
        throw new Missing(
          `no Maven was found on the PATH to build it: install Maven 3 (command \`mvn\`) and a JDK ${OLDEST_JAVA} or newer.`,
        );
      }
      onProgress('Building the Java peers with Maven; the first time it fetches some 200 MB ...');
      const command = { file: 'mvn', args: ['-q', '-B', '-f', `${JAVA}/pom.xml`, 'package'] };
      const advice = `Maven could not build it: it needs a JDK ${OLDEST_JAVA} or newer (a Java without its compiler is not enough) and, the first time, Maven Central.`;
      await prepare(command, advice, signal);
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

/** The Java of JAVA_HOME, else of the PATH. Throws Missing. */
function javaProgram(): string {
  const { JAVA_HOME } = process.env;
  const java = JAVA_HOME ? join(JAVA_HOME, 'bin', 'java') : 'java';
  const banner = answerOf(java, ['-version']);
  if (banner === undefined) {
    const where = JAVA_HOME ? `in JAVA_HOME (${JAVA_HOME})` : 'on the PATH';
    throw new Missing(`no Java was found ${where}: install a JDK ${OLDEST_JAVA} or newer, and Maven 3.`);
  }
  const version = /version "(?:1\.)?(\d+)/.exec(banner)?.[1] ?? 'of an unknown version';
  if (!(Number(version) >= OLDEST_JAVA)) {
    throw new Missing(`Java ${version} is too old: install a JDK ${OLDEST_JAVA} or newer.`);
  }
  return java;
}

const PYTHON = 'bench/peers/python';
const OLDEST_PYTHON = 11;

async function pythonPeer({ signal, onProgress }: Making): Promise<Contestant> {
  const environment = join(PYTHON, '.venv');
  const python = join(environment, 'bin', 'python');
  await whenChanged(environment, [`${PYTHON}/requirements.txt`], async () => {
    requirePython();
    onProgress('Installing what the Python peer needs, some 100 MB, once ...');
    const venv = { file: 'python3', args: ['-m', 'venv', environment] };
    await prepare(venv, 'Python could not make a virtual environment: install its venv module.', signal);
    const install = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
    const pip = { file: python, args: [...install, '-r', `${PYTHON}/requirements.txt`] };
    const advice = `pip could not install ${PYTHON}/requirements.txt: it needs PyPI or a mirror of it.`;
    await prepare(pip, advice, signal);
  });
  return {
    name: 'python',
    title: 'Python: confluent-kafka + fastavro + ONNX Runtime',
    command: (job) => ({ file: python, args: [`${PYTHON}/peer.py`, JSON.stringify(job)] }),
  };
}

/** Throws Missing. */
function requirePython(): void {
  const wanted = `install Python 3.${OLDEST_PYTHON} or newer, with its venv module`;
  const banner = answerOf('python3', ['--version']);
  if (banner === undefined) throw new Missing(`no python3 was found on the PATH: ${wanted}.`);
  const [, major, minor] = /Python (\d+)\.(\d+)/.exec(banner) ?? [];
  if (Number(major) === 3 && Number(minor) >= OLDEST_PYTHON) return;
  throw new Missing(`${banner.trim()} is too old: ${wanted}.`);
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
