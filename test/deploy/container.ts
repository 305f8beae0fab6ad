/** Runs programs in the image as an engine would: nothing of the machine but its network, a user of its own, nothing writable. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerfile, stagesOf, textOf, wordsOf } from './imageBuild.ts';

const image = stagesOf(dockerfile).at(-1)!.instructions;

/** What the last line with this keyword says. */
export function said(keyword: string) {
  const found = image.findLast((instruction) => instruction.getKeyword() === keyword);
  if (found === undefined) throw new Error(`The image has no ${keyword}.`);
  return found;
}

const [id, group] = textOf(said('USER')).split(':');
const workdir = textOf(said('WORKDIR'));
export const entrypoint = wordsOf(said('ENTRYPOINT'));
export const command = wordsOf(said('CMD'));
export const healthcheck = wordsOf(said('HEALTHCHECK'));
export const environment: Readonly<Record<string, string>> = Object.fromEntries(
  image
    .filter((instruction) => instruction.getKeyword() === 'ENV')
    .flatMap((instruction) => textOf(instruction).split(/\s+/))
    .map((pair) => pair.split('=') as [string, string]),
);

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ContainerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Files of this machine that are seen in the container, by where: read-only, as ConfigMaps are. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Makes the places that every engine mounts something on. */
function mountPoints(root: string, files: readonly string[]): void {
  for (const folder of ['proc', 'dev']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['/etc/resolv.conf', '/etc/hosts', ...files])
    if (!existsSync(join(root, file))) writeFileSync(join(root, file), '');
}

export class Container {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stderr = '';

  /** @param root the image's; @param words what is run, in place of entry point and command */
  constructor(root: string, words: readonly string[], { env = {}, files = {} }: ContainerOptions = {}) {
    mountPoints(root, Object.keys(files));
    const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const script = [
      'set -e',
      `mount --bind '${root}' '${root}'`,
      `mount --rbind /dev '${root}/dev'`,
      `mount -t proc proc '${root}/proc'`,
      ...Object.entries({ '/etc/resolv.conf': '/etc/resolv.conf', '/etc/hosts': '/etc/hosts', ...files }).map(
        ([at, file]) => `mount --bind '${file}' '${root}${at}' && mount -o remount,bind,ro '${root}${at}'`,
      ),
      `mount -o remount,bind,ro '${root}'`,
      `exec setpriv --no-new-privs --clear-groups unshare --root='${root}' --wd='${workdir}' --setgid=${group} --setuid=${id} ${quoted}`,
    ].join('\n');
    const child = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script], {
      // PATH is for the lines above; nothing of the image is found by it.
      env: { ...environment, ...env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr: this.#stderr }));
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** As `docker stop` and the kubelet: to process 1 of the container. */
  stop(): void {
    const { pid } = this.#child;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    process.kill(Number(children.split(' ')[0]), 'SIGTERM');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
