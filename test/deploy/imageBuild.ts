/**
 * Builds the image as the Dockerfile says, without a Docker engine: each stage is a copy-on-write view of this machine in which the
 * stage's own lines are run. What stands in for the base image is this machine, a Debian with the project's Node, so that what is
 * proved is the lines of the Dockerfile and what comes out of them, and not the base image or the builder.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';

const ROOT = join(import.meta.dirname, '..', '..');
const BASE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Why no image can be built here; false where it can. */
export function notBuilt(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'building the image without Docker needs root on Linux';
  if (!existsSync('/etc/debian_version')) return 'what stands in for the base image has to be a Debian';
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-overlay-'));
  const [added, work, view] = ['added', 'work', 'view'].map((name) => join(folder, name));
  const mount = `mkdir ${added} ${work} ${view} && mount -t overlay overlay -o lowerdir=/,upperdir=${added},workdir=${work} ${view}`;
  const { status } = spawnSync('unshare', ['--mount', '--pid', '--fork', 'sh', '-c', mount]);
  rmSync(folder, { recursive: true, force: true });
  return status === 0 ? false : 'building the image without Docker needs namespaces and overlay mounts';
}

export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

export const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

/** The stages in the order in which they stand; the last is the image. */
export function stagesOf(text: string): Stage[] {
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const from = instruction as From;
      const name = from.getBuildStage() ?? String(stages.length);
      stages.push({ name, base: from.getImage()!, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/** What the instruction says behind its keyword, with continued lines and comments between them taken out. */
export function textOf(instruction: Instruction): string {
  return instruction
    .getRawArgumentsContent()!
    .replace(/\\\s*\n\s*/g, '')
    .trim();
}

/** ENTRYPOINT, CMD and the check of HEALTHCHECK are lists of words. */
export function wordsOf(instruction: Instruction): string[] {
  return JSON.parse(textOf(instruction).replace(/^.*?(?=\[")/s, ''));
}

/** Builds every stage that the last one needs. @returns the folder that is the image's root */
export function buildImage(folder: string): string {
  const stages = stagesOf(dockerfile);
  const image = stages.at(-1)!;
  const needed = new Set<string>();
  const need = ({ name, base, instructions }: Stage) => {
    needed.add(name);
    const from = instructions.flatMap((each) => sourceStage(each) ?? []);
    for (const other of stages) if (from.includes(other.name) || base === other.name) need(other);
  };
  need(image);
  const built = new Map<string, string>();
  for (const stage of stages) {
    if (needed.has(stage.name)) built.set(stage.name, buildStage(stage, join(folder, stage.name), built));
  }
  return built.get(image.name)!;
}

function sourceStage(instruction: Instruction): string | undefined {
  if (instruction.getKeyword() !== 'COPY') return undefined;
  return (
    (instruction as Copy)
      .getFlags()
      .find((flag) => flag.getName() === 'from')
      ?.getValue() ?? undefined
  );
}

/** Runs the lines of a stage one after the other. What they add or change lies in the folder that is returned. */
function buildStage(stage: Stage, folder: string, built: ReadonlyMap<string, string>): string {
  const added = join(folder, 'added');
  mkdirSync(added, { recursive: true });
  const onMachine = stage.base !== 'scratch';
  if (onMachine) {
    mkdirSync(join(added, 'usr/local/bin'), { recursive: true });
    cpSync(process.execPath, join(added, 'usr/local/bin/node'));
  }
  let workdir = '/';
  for (const instruction of stage.instructions) {
    const text = textOf(instruction);
    if (instruction.getKeyword() === 'WORKDIR') workdir = text;
    else if (instruction.getKeyword() === 'COPY') copy(instruction, { added, workdir, built });
    else if (instruction.getKeyword() === 'RUN') run(text, { folder, added, workdir });
  }
  return added;
}

interface Place {
  readonly added: string;
  readonly workdir: string;
}

/** As Docker: the contents of a folder, a file under its name where the target is a folder. */
function copy(
  instruction: Instruction,
  place: Place & { readonly built: ReadonlyMap<string, string> },
): void {
  const { added, workdir, built } = place;
  const words = textOf(instruction)
    .split(/\s+/)
    .filter((word) => !word.startsWith('--'));
  const target = words.at(-1)!;
  const stage = sourceStage(instruction);
  const from = stage === undefined ? ROOT : built.get(stage)!;
  for (const word of words.slice(0, -1)) {
    const source = join(from, word);
    const under = join(added, resolve(workdir, target));
    const isFolder = statSync(source).isDirectory();
    mkdirSync(isFolder || target.endsWith('/') ? under : dirname(under), { recursive: true });
    // Modes and links too, which Node's own copying changes.
    execFileSync('cp', ['-a', isFolder ? `${source}/.` : source, under]);
  }
}

/** Runs a line in a view of this machine on which only `added` is written. */
function run(line: string, { folder, added, workdir }: Place & { readonly folder: string }): void {
  const [view, work, script] = ['view', 'work', 'line.sh'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [view, work]) mkdirSync(path, { recursive: true });
  writeFileSync(join(added, 'line.sh'), `set -e\nmkdir -p '${workdir}'\ncd '${workdir}'\n${line}\n`);
  writeFileSync(
    script,
    [
      'set -e',
      `mount -t overlay overlay -o 'lowerdir=/,upperdir=${added},workdir=${work}' '${view}'`,
      `mount --rbind /dev '${view}/dev'`,
      `mount -t proc proc '${view}/proc'`,
      `exec chroot '${view}' /bin/sh /line.sh`,
    ].join('\n'),
  );
  const env = { ...registries(), PATH: BASE_PATH, HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', 'sh', script],
    {
      env,
      encoding: 'utf8',
    },
  );
  rmSync(join(added, 'line.sh'));
  if (status !== 0)
    throw new Error(`RUN ${line}\nended with ${status}:\n${stdout.slice(-2000)}${stderr.slice(-2000)}`);
}

/** Where packages come from on this machine; the rest of the environment is the image's. */
function registries(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) =>
    /(?:_proxy|^npm_config_(?:registry|cafile))$/i.test(name),
  );
  return Object.fromEntries(kept);
}
