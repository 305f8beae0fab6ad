/** Runs the stack's parts as plain processes: Kafka from its jars, Apicurio Registry from its own. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Artifacts } from './artifacts.ts';
import { StackError } from './errors.ts';
import { KEYSTORE_PASSWORD, SCRAM_MECHANISMS, serverProperties } from './kafka.ts';
import { LOOPBACK } from './ports.ts';
import { endProcesses, isRunning, launch, type ProcessMark, signalGroup } from './processes.ts';
import { indexOfBroker, type Part, type Road } from './road.ts';
import type { StackPlan } from './state.ts';

/** A broker that shuts down in order hands its partitions over and closes its logs. */
const ORDERLY_END_MS = 20_000;
const BROKER_HEAP = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC'];
/** Short-lived and idle: the second compiler costs more than it gives. */
const REGISTRY_HEAP = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

function scramArguments(plan: StackPlan): string[] {
  if (!plan.sasl) return [];
  const { username, password } = plan.sasl;
  return SCRAM_MECHANISMS.flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ]);
}

/** A self-signed certificate for localhost, which all brokers share, made by Java's own tool; its public half as PEM. */
async function makeCertificate(java: string, keystore: string, certificate: string): Promise<void> {
  if (existsSync(certificate)) return;
  mkdirSync(dirname(keystore), { recursive: true });
  const keytool = java === 'java' ? 'keytool' : join(java, '..', 'keytool');
  const store = ['-keystore', keystore, '-storepass', KEYSTORE_PASSWORD, '-alias', 'broker'];
  const identity = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost,ip:127.0.0.1', '-validity', '3650'];
  const run = promisify(execFile);
  await run(keytool, [
    '-genkeypair',
    '-keyalg',
    'RSA',
    '-keysize',
    '2048',
    '-storetype',
    'PKCS12',
    ...store,
    ...identity,
  ]);
  const { stdout } = await run(keytool, ['-exportcert', '-rfc', ...store]);
  writeFileSync(certificate, stdout);
}

export class JavaRoad implements Road {
  readonly #folder: string;
  readonly #keystore: string;
  readonly #certificate: string;
  readonly #plan: StackPlan;
  readonly #findArtifacts: () => Promise<Artifacts>;
  readonly #pids: Map<string, number>;
  readonly #changed: (pids: Record<string, number>) => void;

  /** @param changed is told the process ids after each start and end. */
  constructor(options: {
    folder: string;
    plan: StackPlan;
    pids: Readonly<Record<string, number>>;
    findArtifacts: () => Promise<Artifacts>;
    changed: (pids: Record<string, number>) => void;
  }) {
    this.#folder = options.folder;
    this.#keystore = join(options.folder, 'tls', 'keystore.p12');
    this.#certificate = join(options.folder, 'tls', 'certificate.pem');
    this.#plan = options.plan;
    this.#pids = new Map(Object.entries(options.pids));
    this.#findArtifacts = options.findArtifacts;
    this.#changed = options.changed;
  }

  #process(part: Part): ProcessMark | undefined {
    const pid = this.#pids.get(part);
    return pid === undefined ? undefined : { pid, mark: this.#plan.mark };
  }

  async isUp(part: Part): Promise<boolean> {
    const process = this.#process(part);
    return process !== undefined && isRunning(process);
  }

  async start(parts: readonly Part[]): Promise<void> {
    if (this.#plan.brokers.some((ports) => ports.tls)) {
      await makeCertificate((await this.#findArtifacts()).java, this.#keystore, this.#certificate);
    }
    // All are awaited even when one fails: nobody may start after the caller has cleaned up.
    const results = await Promise.allSettled(parts.map((part) => this.#startOne(part)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #startOne(part: Part): Promise<void> {
    if (await this.isUp(part)) return;
    const artifacts = await this.#findArtifacts();
    const folder = join(this.#folder, part);
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(this.#folder, 'logs'), { recursive: true });
    const args =
      part === 'registry' ? this.#registryArguments(artifacts) : await this.#prepareBroker(part, artifacts);
    const child = launch(artifacts.java, [`-Dtidemark.stack=${this.#plan.mark}`, ...args], {
      cwd: folder,
      logFile: this.logOf(part),
    });
    this.#pids.set(part, child.pid);
    this.#changed(Object.fromEntries(this.#pids));
  }

  async #prepareBroker(part: Part, artifacts: Artifacts): Promise<string[]> {
    const folder = join(this.#folder, part);
    const properties = join(folder, 'server.properties');
    const folders = { data: join(folder, 'data'), keystore: this.#keystore };
    writeFileSync(properties, serverProperties(this.#plan, indexOfBroker(part), folders));
    const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', artifacts.kafkaJars];
    if (!existsSync(join(folders.data, 'meta.properties'))) {
      const format = ['kafka.tools.StorageTool', 'format', '-t', this.#plan.clusterId, '-c', properties];
      try {
        await promisify(execFile)(artifacts.java, [...logging, ...format, ...scramArguments(this.#plan)]);
      } catch (error) {
        throw new StackError(`${part} could not prepare its storage: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
    return [...BROKER_HEAP, ...logging, 'kafka.Kafka', properties];
  }

  #registryArguments(artifacts: Artifacts): string[] {
    const database = join(this.#folder, 'registry', 'schemas');
    return [
      ...REGISTRY_HEAP,
      `-Dquarkus.http.host=${LOOPBACK}`,
      `-Dquarkus.http.port=${this.#plan.registryPort}`,
      '-Dquarkus.http.access-log.enabled=false',
      '-Dquarkus.log.console.level=WARN',
      // A file instead of memory: schema ids survive a restart of the registry, as a real one's do.
      `-Dapicurio.datasource.url=jdbc:h2:file:${database}`,
      // As Confluent's does: a schema is found again whatever the white space of its text.
      '-Dapicurio.ccompat.use-canonical-hash=true',
      '-jar',
      artifacts.registryJar,
    ];
  }

  async stop(part: Part, how: 'orderly' | 'kill'): Promise<void> {
    const process = this.#process(part);
    if (!process) return;
    if (how === 'kill') signalGroup(process, 'SIGKILL');
    await endProcesses([process], ORDERLY_END_MS);
    this.#pids.delete(part);
    this.#changed(Object.fromEntries(this.#pids));
  }

  async down(keep: boolean): Promise<void> {
    const processes = [...this.#pids.values()].map((pid) => ({ pid, mark: this.#plan.mark }));
    // The last controllers of a quorum wait for each other; without data to keep there is nothing worth the wait.
    await endProcesses(processes, keep ? ORDERLY_END_MS : 3_000);
    this.#pids.clear();
    this.#changed({});
    if (!keep) this.#removeData();
  }

  /** For the end of this process, when nothing asynchronous runs any more. */
  killNow(): void {
    for (const pid of this.#pids.values()) signalGroup({ pid, mark: this.#plan.mark }, 'SIGKILL');
    this.#removeData();
  }

  #removeData(): void {
    const parts = this.#plan.brokers.map((_, index) => `broker-${index + 1}`);
    for (const name of [...parts, 'registry', 'tls', 'logs', 'state.json']) {
      rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  logOf(part: Part): string {
    return join(this.#folder, 'logs', `${part}.log`);
  }

  async explain(part: Part): Promise<string> {
    const log = this.logOf(part);
    const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5) : [];
    return `Its log is ${log}; it ends with:\n${lines.join('\n')}`;
  }

  /** PEM certificate of the TLS listeners, which clients have to trust. */
  certificate(): string {
    return readFileSync(this.#certificate, 'utf8');
  }
}
