/** What runs without Docker: Java, and the jars that Maven fetches once. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from './errors.ts';

const POM = join(import.meta.dirname, 'pom.xml');
/** One cache for every state folder; the ignored folder of the checkout, so that deleting the checkout deletes it. */
const CACHE = join(import.meta.dirname, '..', '..', '.stack', 'artifacts');
const OLDEST_JAVA = 17;

export interface Artifacts {
  readonly java: string;
  /** Class path of Kafka. */
  readonly kafkaJars: string;
  readonly registryJar: string;
}

async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { timeout: 30_000 });
    return stdout + stderr;
  } catch {
    return undefined;
  }
}

/** The path of a Java that is new enough. */
export async function findJava(env: NodeJS.ProcessEnv): Promise<string> {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
  const banner = await outputOf(java, ['-version']);
  const install = `install Java ${OLDEST_JAVA} or newer, or start a Docker engine, or set TIDEMARK_BROKERS and TIDEMARK_REGISTRY_URL to a Kafka and a registry you have`;
  if (banner === undefined) {
    const where = env.JAVA_HOME ? `in JAVA_HOME (${env.JAVA_HOME})` : 'on the PATH';
    throw new StackError(`No Docker engine answers and no Java was found ${where}: ${install}.`);
  }
  const version = /version "(?:1\.)?(\d+)/.exec(banner)?.[1];
  if (version === undefined || Number(version) < OLDEST_JAVA) {
    throw new StackError(`Java ${version ?? 'of an unknown version'} is too old for Kafka 4: ${install}.`);
  }
  return java;
}

function runMaven(folder: string, signal: AbortSignal | undefined): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const args = ['-B', '-q', '-f', POM, `-Dstack.artifacts=${folder}`, 'generate-resources'];
    const maven = spawn('mvn', args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal ? { signal } : {}) });
    let output = '';
    maven.stdout.on('data', (text) => {
      output += text;
    });
    maven.stderr.on('data', (text) => {
      output += text;
    });
    maven.once('error', (error) => resolve({ ok: false, output: error.message }));
    maven.once('close', (code) => resolve({ ok: code === 0, output }));
  });
}

async function fetchInto(folder: string, signal: AbortSignal | undefined): Promise<void> {
  if ((await outputOf('mvn', ['-version'])) === undefined) {
    throw new StackError(
      'No Docker engine answers and Maven, which fetches Kafka and the registry, was not found: install Maven 3 (command `mvn`), or start a Docker engine.',
    );
  }
  const partial = `${folder}.${process.pid}.partial`;
  try {
    const fetched = await runMaven(partial, signal);
    signal?.throwIfAborted();
    if (!fetched.ok) {
      const reason =
        /\[ERROR\] (.*)/.exec(fetched.output)?.[1] ?? (fetched.output.trim() || 'no reason given');
      throw new StackError(
        `Maven could not fetch Kafka and the registry: ${reason} Check the network and Maven's settings.xml, then try again.`,
      );
    }
    // The rename makes the cache appear whole; whoever else fetched at the same time got the same.
    if (!existsSync(folder)) renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** Finds Java and the jars, fetching the jars when pom.xml asks for others than are cached. */
export async function findArtifacts(
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
  signal?: AbortSignal,
): Promise<Artifacts> {
  const java = await findJava(env);
  const digest = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  const folder = join(CACHE, digest);
  if (!existsSync(folder)) {
    onProgress('Fetching Kafka 4.1 and the registry with Maven, about 150 MB, once ...');
    mkdirSync(CACHE, { recursive: true });
    await fetchInto(folder, signal);
  }
  return {
    java,
    kafkaJars: join(folder, 'kafka', '*'),
    registryJar: join(folder, 'registry', 'apicurio-registry-app-3.0.9-runner.jar'),
  };
}
